// Package lambda builds programs as AWS Lambda runs them, for the packages and for the tests that start them.
package lambda

import (
	"fmt"
	"os"
	"os/exec"
)

// Build compiles a package of the module at root for Linux on an architecture. The same source gives the same bytes on every
// machine and at every time.
//
// It leaves out RPC, which an old runtime used, and HTTP/2, which neither DynamoDB nor S3 speaks. It inlines nothing: that
// saves a tenth of the size, and the functions wait for the network anyway.
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
