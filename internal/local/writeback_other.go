//go:build !linux

package local

import "os"

// writeBack has the disk write what was written to a file, and waits for it.
func writeBack(f *os.File) error { return f.Sync() }
