// Package lambda builds the functions as AWS Lambda runs them, for their packages and for tests.
package lambda

import (
	"fmt"
	"os"
	"os/exec"
)

// Build compiles a package of the module at root for Linux on an architecture. The same source gives the same bytes on every
// machine and at any time.
//
// The build has no support for RPC, which an old runtime used, nor for HTTP/2, which neither DynamoDB nor S3 speaks. It inlines
// nothing: that saves a tenth of the size, and the functions mostly wait for the network.
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
