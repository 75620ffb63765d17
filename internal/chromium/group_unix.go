//go:build unix

package chromium

import (
	"os/exec"
	"syscall"
)

// ownGroup starts a command in a process group of its own, so that it is ended with all that it has started. The function that
// it returns ends what is left once the command has.
func ownGroup(cmd *exec.Cmd) (ended func()) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	kill := func() error {
		if cmd.Process == nil {
			return nil
		}
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	cmd.Cancel = kill
	return func() { kill() } // there may be nothing left
}
