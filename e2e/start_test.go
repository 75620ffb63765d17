package e2e

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"glasspoll/deploy/lambda"
	"glasspoll/e2e/aws"
)

// BenchmarkFunctionsStart measures the time from starting a function's process to its first request for a call, beside
// that of an empty function. The three take turns, so that a busy machine slows all alike. It reports the quickest start
// of each, in ms: that says what the code needs.
func BenchmarkFunctionsStart(b *testing.B) {
	env := []string{
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "TABLE=table", "BUCKET=bucket",
		"ORIGIN_SECRETS=secret", "ADDRESS_HEADER=CloudFront-Viewer-Address", "RETENTION_DAYS=0",
	}
	names := []string{"empty", "submit", "publish"}
	binaries, least := map[string]string{}, map[string]time.Duration{}
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
			took, err := aws.StartUp(b.Context(), binaries[name], env)
			if err != nil {
				b.Fatal(err)
			}
			if known, ok := least[name]; !ok || took < known {
				least[name] = took
			}
		}
	}
	for _, name := range names {
		b.ReportMetric(float64(least[name])/float64(time.Millisecond), name+"-ms")
	}
}
