package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	info := func(version, revision string) func() (*debug.BuildInfo, bool) {
		return func() (*debug.BuildInfo, bool) {
			i := &debug.BuildInfo{Main: debug.Module{Version: version}}
			if revision != "" {
				i.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: revision}}
			}
			return i, true
		}
	}
	nothing := func() (*debug.BuildInfo, bool) { return nil, false }
	tests := []struct {
		name      string
		stamped   string
		buildInfo func() (*debug.BuildInfo, bool)
		want      string
	}{
		{"nothing known", "", nothing, "(devel)"},
		{"stamped", "v1.2.3", nothing, "v1.2.3"},
		{"a release's stamp and its commit", "v1.2.3", info("(devel)", commit), "v1.2.3 (0123456789ab)"},
		{"git describe names the commit", "v1.2.3-4-g0123456", info("(devel)", commit), "v1.2.3-4-g0123456"},
		{"from go install", "", info("v1.2.3", ""), "v1.2.3"},
		{"from go build in a checkout", "", info("(devel)", commit), "(devel) (0123456789ab)"},
		{"a pseudo-version names the commit", "", info("v0.0.0-20261129100000-0123456789ab", commit), "v0.0.0-20261129100000-0123456789ab"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, _, _ := strings.Cut(describeBuild(test.stamped, test.buildInfo), ", go")
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
