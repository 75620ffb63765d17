package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peers holds the paths of other programs; empty if they are not installed.
type peers struct {
	hugo, pocketbase, nginx string
	nginxVersion            string
}

const (
	hugoModule, hugoVersion             = "github.com/gohugoio/hugo", "v0.160.0"
	pocketbaseModule, pocketbaseVersion = "github.com/pocketbase/pocketbase/examples/base", "v0.39.0"

	hugoName       = "Hugo " + hugoVersion
	pocketbaseName = "PocketBase " + pocketbaseVersion
)

// findPeers builds those that are Go modules, unless the cache has them. Whatever cannot be had is told, and left out.
func findPeers(ctx context.Context, cache string, progress io.Writer) (p peers) {
	install := func(module, version string) string {
		path, err := installModule(ctx, cache, module, version)
		if err != nil {
			fmt.Fprintf(progress, "not installed, and left out: %v\n", err)
		}
		return path
	}
	p.hugo = install(hugoModule, hugoVersion)
	p.pocketbase = install(pocketbaseModule, pocketbaseVersion)
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} { // Debian: not in everybody's PATH
		if path, err := exec.LookPath(name); err == nil {
			p.nginx = path
			printed, _ := output(ctx, cache, path, "-v")
			_, p.nginxVersion, _ = strings.Cut(printed, "nginx/")
			return p
		}
	}
	fmt.Fprintln(progress, "not installed, and left out: nginx (on Debian: apt-get install nginx-light)")
	return p
}

// installModule builds a command of a module at a version. Go compares the module with the checksum database.
func installModule(ctx context.Context, cache, module, version string) (string, error) {
	dir := filepath.Join(cache, filepath.Base(module)+"@"+version)
	path := filepath.Join(dir, filepath.Base(module))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	command := exec.CommandContext(ctx, "go", "install", module+"@"+version)
	command.Dir = cache
	command.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if printed, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, printed)
	}
	return path, nil
}
