package staging

import (
	"io/fs"
	"syscall"
)

// statusChanged returns when a file was last written, replaced or renamed, in nanoseconds. Unlike the time of modification, no
// program can set it.
func statusChanged(info fs.FileInfo) int64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ctim.Nano()
	}
	return 0
}
