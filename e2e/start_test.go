package e2e

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"glasspoll/deploy/lambda"
	"glasspoll/e2e/aws"
)

// BenchmarkFunctionsStart measures the time from starting a function's process to its first request for an event, and the same
// for an empty function. All take turns, so that a busy machine slows all alike. It reports the fastest start of each,
// in ms, as the least affected by other load.
func BenchmarkFunctionsStart(b *testing.B) {
	env := []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "TABLE=table", "INVITATIONS=table-invitations", "BUCKET=bucket",
		"ORIGIN_SECRETS=secret", "ADDRESS_HEADER=CloudFront-Viewer-Address", "RETENTION_DAYS=0",
	}
	names := []string{"empty", "submit", "invite", "publish"}
	binaries, fastest := map[string]string{}, map[string]time.Duration{}
	for _, name := range names {
		binaries[name] = filepath.Join(b.TempDir(), name)
		root, pkg := "..", "./functions/"+name
		if name == "empty" {
			root, pkg = ".", "./aws/empty"
		}
		if err := lambda.Build(root, pkg, runtime.GOARCH, binaries[name]); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for _, name := range names {
			took, err := aws.TimeToFirstRequest(b.Context(), binaries[name], env)
			if err != nil {
				b.Fatal(err)
			}
			if best, ok := fastest[name]; !ok || took < best {
				fastest[name] = took
			}
		}
	}
	for _, name := range names {
		b.ReportMetric(float64(fastest[name])/float64(time.Millisecond), name+"-ms")
	}
}
