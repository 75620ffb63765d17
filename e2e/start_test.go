package e2e

import (
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"glasspoll/deploy/lambda"
	"glasspoll/e2e/aws"
)

// ownStart bounds a function's start: so many times what an empty one takes, whatever the machine.
const ownStart = 5

// TestFunctionsStartQuickly measures the time to the first request for a call, in turn with an empty function's, so that
// a busy machine weighs on all alike. The quickest of many starts says what the code needs.
func TestFunctionsStartQuickly(t *testing.T) {
	env := []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "TABLE=table", "BUCKET=bucket",
		"ORIGIN_SECRETS=secret", "ADDRESS_HEADER=CloudFront-Viewer-Address", "RETENTION_DAYS=0",
	}
	names := []string{"empty", "submit", "publish"}
	binaries, took := map[string]string{}, map[string][]time.Duration{}
	for _, name := range names {
		binaries[name] = filepath.Join(t.TempDir(), name)
		root, pkg := "..", "./functions/"+name
		if name == "empty" {
			root, pkg = ".", "./aws/empty"
		}
		if err := lambda.Build(root, pkg, runtime.GOARCH, binaries[name]); err != nil {
			t.Fatal(err)
		}
	}
	for range 21 {
		for _, name := range names {
			d, err := aws.StartUp(t.Context(), binaries[name], env)
			if err != nil {
				t.Fatal(err)
			}
			took[name] = append(took[name], d)
		}
	}
	for _, name := range names {
		slices.Sort(took[name])
		least, median := took[name][0], took[name][len(took[name])/2]
		t.Logf("%-8s first request for a call after %v at best, %v in the median", name, least.Round(10*time.Microsecond), median.Round(10*time.Microsecond))
		if empty := took["empty"][0]; least > ownStart*empty {
			t.Errorf("%s takes %v, more than %d times the %v of an empty function", name, least, ownStart, empty)
		}
	}
}
