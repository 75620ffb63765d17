package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"glasspoll/internal/console"
)

type versionCommand struct{}

// stampedVersion is set at build, by -ldflags "-X main.stampedVersion=v1.2.3"; "" leaves it to Go's own build information.
var stampedVersion string

func (versionCommand) Run(c *console.Console) error {
	_, err := fmt.Fprintln(c.Out, "glasspoll", describeBuild(stampedVersion, debug.ReadBuildInfo))
	return err
}

// describeBuild says which program this is: its version, the commit if the version does not name it, and Go's version.
func describeBuild(stamped string, buildInfo func() (*debug.BuildInfo, bool)) string {
	version, commit, goVersion := "(devel)", "", runtime.Version()
	if info, ok := buildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	if stamped != "" {
		version = stamped
	}
	if commit != "" && !strings.Contains(version, commit[:min(7, len(commit))]) {
		version += " (" + commit + ")"
	}
	return version + ", " + goVersion
}
