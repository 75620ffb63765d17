package local

import (
	"errors"
	"os"
	"syscall"
)

// writeBack has the disk write what was written to a file, and waits for it. It does not make that durable: unlike fsync it does not
// write the journal of the file system, for which answers would wait.
func writeBack(f *os.File) error {
	const waitBefore, write, waitAfter = 1, 2, 4 // sync_file_range(2)
	connection, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := connection.Control(func(fd uintptr) {
		failed = syscall.SyncFileRange(int(fd), 0, 0, waitBefore|write|waitAfter) // to the end of the file
	}); err != nil {
		return err
	}
	for _, unknown := range []error{syscall.ENOSYS, syscall.EINVAL, syscall.EPERM, syscall.ESPIPE} { // to a file system or a sandbox
		if errors.Is(failed, unknown) {
			return f.Sync()
		}
	}
	return os.NewSyscallError("sync_file_range", failed)
}
