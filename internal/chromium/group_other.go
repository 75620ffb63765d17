//go:build !unix

package chromium

import (
	"os/exec"
	"strconv"
)

// ownGroup makes a command end with all that it has started. The function that it returns is called once it has ended.
func ownGroup(cmd *exec.Cmd) (ended func()) {
	cmd.Cancel = func() error {
		// Windows knows the children of a process as long as it lives.
		if exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() == nil {
			return nil
		}
		return cmd.Process.Kill()
	}
	return func() {}
}
