// Package lambda builds programs as AWS Lambda runs them, for the packages and for the tests that start them.
package lambda

import (
	"fmt"
	"os"
	"os/exec"
)

// Build compiles the package, as named in the module at root, for Linux on an architecture. Equal sources give equal
// bytes, wherever and whenever they are built.
//
// Neither RPC is in it, which is of a runtime of old, nor HTTP/2, which neither store speaks. Nothing is inlined: that is a
// tenth of the size, and the functions wait for the network, not for themselves.
func Build(root, pkg, arch, binary string) error {
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc,nethttpomithttp2",
		"-gcflags", "all=-l", "-ldflags", "-s -w -buildid=", "-o", binary, pkg)
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}
