package chromium

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, system, installed string
		named                   string
		env                     map[string]string
		want                    string
	}{
		{"the flag comes first", "linux", "/opt/edge /opt/chrome chromium", "/opt/edge", map[string]string{Variable: "/opt/chrome"}, "/opt/edge"},
		{"then the environment", "linux", "/opt/chrome chromium", "", map[string]string{Variable: "/opt/chrome"}, "/opt/chrome"},
		{"then the usual names, in their order", "linux", "google-chrome chromium-browser", "", nil, "chromium-browser"},
		{"an application", "darwin", "/Applications/Google_Chrome.app/Contents/MacOS/Google_Chrome", "", map[string]string{"HOME": "/Users/mei"}, "/Applications/Google_Chrome.app/Contents/MacOS/Google_Chrome"},
		{"the user's own application", "darwin", "/Users/mei/Applications/Chromium.app/Contents/MacOS/Chromium", "", map[string]string{"HOME": "/Users/mei"}, "/Users/mei/Applications/Chromium.app/Contents/MacOS/Chromium"},
		{"what Windows has", "windows", `C:\Program_Files\Microsoft\Edge\Application\msedge.exe`, "", map[string]string{"ProgramFiles(x86)": `C:\Program Files`}, `C:\Program_Files\Microsoft\Edge\Application\msedge.exe`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			look := func(name string) (string, error) {
				for installed := range strings.FieldsSeq(test.installed) {
					if installed == strings.ReplaceAll(name, " ", "_") {
						return installed, nil
					}
				}
				return "", exec.ErrNotFound
			}
			got, err := find(test.named, test.system, func(key string) string { return test.env[key] }, look)
			want, absErr := filepath.Abs(test.want)
			if err != nil || absErr != nil || got != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		})
	}
}

func TestFindNothing(t *testing.T) {
	t.Parallel()
	look := func(name string) (string, error) { return "", &exec.Error{Name: name, Err: exec.ErrNotFound} }
	nothing := func(string) string { return "" }
	for _, system := range []string{"linux", "darwin", "windows"} {
		if _, err := find("", system, nothing, look); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", system, err)
		}
	}
	// What is named is not replaced by another.
	_, err := find("mine", "linux", nothing, look)
	if err == nil || errors.Is(err, ErrNotFound) || !strings.HasPrefix(err.Error(), "the browser mine cannot be run: ") {
		t.Errorf("a name that is not there: %v", err)
	}
}
