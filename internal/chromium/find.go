package chromium

import (
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"runtime"

	"glasspoll/internal/message"
)

// Variable is the environment variable that names the browser's program.
const Variable = "GLASSPOLL_CHROMIUM"

// ErrNotFound means that the machine has no browser of the family, as far as is known.
var ErrNotFound error = message.Key("no Chromium, Chrome or Edge was found on this machine: install one, or name its program with --chromium FILE or in GLASSPOLL_CHROMIUM")

// Find returns the path of the browser's program: of the one that is named or, if the name is "", of the one that the
// environment names or, without that too, of the first that is in a usual place.
func Find(name string, getenv func(string) string) (string, error) {
	return find(name, runtime.GOOS, getenv, exec.LookPath)
}

func find(name, system string, getenv func(string) string, look func(string) (string, error)) (string, error) {
	if name == "" {
		name = getenv(Variable)
	}
	if name != "" {
		path, err := look(name)
		// What wraps the cause has the name, too.
		if wrapped := new(exec.Error); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		if wrapped := new(fs.PathError); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		if err != nil {
			return "", message.Errorf("the browser %s cannot be run: %w", name, err)
		}
		return filepath.Abs(path) // it is run in another directory
	}
	for _, usual := range usualNames(system, getenv) {
		if path, err := look(usual); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", ErrNotFound
}

// usualNames lists programs, those of the family's free member first: names to be found in PATH, and paths.
func usualNames(system string, getenv func(string) string) []string {
	switch system {
	case "darwin":
		var all []string
		for _, folder := range []string{"/Applications", filepath.Join(getenv("HOME"), "Applications")} {
			for _, app := range []string{"Chromium", "Google Chrome", "Microsoft Edge"} {
				all = append(all, filepath.Join(folder, app+".app", "Contents", "MacOS", app))
			}
		}
		return append(all, "chromium", "google-chrome")
	case "windows":
		var all []string
		for _, variable := range []string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"} {
			if folder := getenv(variable); folder != "" {
				for _, app := range []string{`Chromium\Application\chrome.exe`, `Google\Chrome\Application\chrome.exe`, `Microsoft\Edge\Application\msedge.exe`} {
					all = append(all, folder+`\`+app)
				}
			}
		}
		return append(all, "chrome.exe", "msedge.exe")
	default:
		return []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "microsoft-edge-stable"}
	}
}
