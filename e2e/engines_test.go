package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/e2e/webdriver"
)

// browserSettings is how a browser is set up that a test opens.
type browserSettings struct {
	noScripts    bool
	forcedColors bool // WebKit has none
	noStorage    bool
}

// An engine is a browser that the tests open by WebDriver.
type engine struct {
	name string
	open func(t *testing.T, settings browserSettings) (*webdriver.Session, error)
}

var engines = []engine{{"Chromium", openChromium}, {"Firefox", openFirefox}, {"WebKit", openWebKit}}

// program returns the path of a program that has one of several names.
func program(debian string, names ...string) (path string, err error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: run `make setup`, which installs %s", names[0], debian)
}

// onEngines runs a test in each of some engines, in a browser of its own.
func onEngines(t *testing.T, engines []engine, settings browserSettings, test func(t *testing.T, b *browser)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			session, err := e.open(t, settings)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := session.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, &browser{Session: session, t: t, engine: e.name})
		})
	}
}

// openChromium opens a window by chromedriver, which the tests share.
func openChromium(_ *testing.T, settings browserSettings) (*webdriver.Session, error) {
	path, err := chrome()
	if err != nil {
		return nil, err
	}
	driver, err := startedChromedriver()
	if err != nil {
		return nil, err
	}
	// Chromium exits when the pipe is closed, so it does not outlive a driver that was killed.
	arguments := []string{"--headless=new", "--remote-debugging-pipe", "--window-size=1280,900", "--force-prefers-reduced-motion", "--lang=en-US"}
	if os.Getuid() == 0 {
		arguments = append(arguments, "--no-sandbox")
	}
	preferences := map[string]any{}
	if settings.noScripts {
		preferences["profile.managed_default_content_settings.javascript"] = 2
	}
	if settings.noStorage {
		preferences["profile.managed_default_content_settings.cookies"] = 2
	}
	if settings.forcedColors {
		arguments = append(arguments, "--force-high-contrast")
	}
	return webdriver.Open(driver, map[string]any{
		"unhandledPromptBehavior": "accept",
		"goog:chromeOptions":      map[string]any{"binary": path, "args": arguments, "prefs": preferences},
	})
}

var startedChromedriver = sync.OnceValues(func() (endpoint string, err error) {
	path, err := program("chromium-driver", "chromedriver")
	if err != nil {
		return "", err
	}
	return startServer(onStop, func(address string) *exec.Cmd {
		_, port, _ := net.SplitHostPort(address)
		return exec.Command(path, "--port="+port)
	})
})

// openFirefox starts a Firefox with a new profile.
func openFirefox(t *testing.T, settings browserSettings) (*webdriver.Session, error) {
	path, err := program("firefox-esr", "firefox-esr", "firefox")
	if err != nil {
		return nil, err
	}
	preferences := map[string]string{
		"marionette.port":                            "0", // a free one
		"app.update.disabledForTesting":              "true",
		"browser.aboutwelcome.enabled":               "false",
		"browser.shell.checkDefaultBrowser":          "false",
		"browser.startup.homepage_override.mstone":   `"ignore"`,
		"datareporting.policy.dataSubmissionEnabled": "false",
		"toolkit.telemetry.reportingpolicy.firstRun": "false",
		"network.captive-portal-service.enabled":     "false",
		"network.connectivity-service.enabled":       "false",
		"services.settings.server":                   `"data:,"`,
		"extensions.update.enabled":                  "false",
		"browser.safebrowsing.malware.enabled":       "false",
		"browser.safebrowsing.phishing.enabled":      "false",
		"intl.accept_languages":                      `"en"`,
		"ui.prefersReducedMotion":                    "1",
	}
	if settings.noScripts {
		preferences["javascript.enabled"] = "false"
	}
	if settings.noStorage {
		preferences["network.cookie.cookieBehavior"] = "2"
	}
	if settings.forcedColors {
		preferences["browser.display.document_color_use"] = "2"
		preferences["ui.useAccessibilityTheme"] = "1"
	}
	profile, err := os.MkdirTemp("", "glasspoll-e2e-firefox-")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { os.RemoveAll(profile) }) // which may fail while its processes end
	var lines strings.Builder
	for name, value := range preferences {
		fmt.Fprintf(&lines, "user_pref(%q, %s);\n", name, value)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(lines.String()), 0o666); err != nil {
		return nil, err
	}
	command := exec.Command(path, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--width", "1280", "--height", "900", "--profile", profile)
	command.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1")
	ended, printed, err := startProcess(t.Cleanup, command)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			return nil, fmt.Errorf("firefox has exited: %s", printed)
		default:
		}
		port, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		if err == nil && len(port) > 0 {
			return webdriver.Connect("127.0.0.1:"+strings.TrimSpace(string(port)), map[string]any{"unhandledPromptBehavior": "accept"})
		}
	}
	return nil, fmt.Errorf("firefox does not listen: %s", printed)
}

// openWebKit opens a MiniBrowser by a WebKitWebDriver, which drives one at a time.
func openWebKit(t *testing.T, settings browserSettings) (*webdriver.Session, error) {
	path, err := program("webkit2gtk-driver", "WebKitWebDriver")
	if err != nil {
		return nil, err
	}
	display, err := startedDisplay()
	if err != nil {
		return nil, err
	}
	configuration := t.TempDir()
	if err := os.MkdirAll(filepath.Join(configuration, "gtk-3.0"), 0o777); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(configuration, "gtk-3.0", "settings.ini"), []byte("[Settings]\ngtk-enable-animations=0\n"), 0o666); err != nil {
		return nil, err
	}
	endpoint, err := startServer(t.Cleanup, func(address string) *exec.Cmd {
		_, port, _ := net.SplitHostPort(address)
		command := exec.Command(path, "--port="+port)
		command.Env = append(os.Environ(), "DISPLAY="+display, "NO_AT_BRIDGE=1", "XDG_CONFIG_HOME="+configuration, "LC_ALL=C.UTF-8")
		return command
	})
	if err != nil {
		return nil, err
	}
	arguments := []string{"--automation"}
	if settings.noScripts {
		arguments = append(arguments, "--enable-javascript=false")
	}
	if settings.noStorage {
		arguments = append(arguments, "--enable-html5-local-storage=false")
	}
	return webdriver.Open(endpoint, map[string]any{
		"unhandledPromptBehavior":  "accept",
		"webkitgtk:browserOptions": map[string]any{"args": arguments},
	})
}

// startedDisplay starts an X server without a screen, which WebKitGTK needs, and returns its name.
var startedDisplay = sync.OnceValues(func() (display string, err error) {
	path, err := program("xvfb", "Xvfb")
	if err != nil {
		return "", err
	}
	command := exec.Command(path, "-displayfd", "1", "-screen", "0", "1400x1200x24", "-nolisten", "tcp")
	printed, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	kill, err := killOnExit(command)
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", err
	}
	onStop(func() {
		kill()
		command.Wait() // its error is that it was killed
	})
	if _, err := fmt.Fscan(printed, &display); err != nil {
		return "", fmt.Errorf("Xvfb has not started: %w", err)
	}
	return ":" + display, nil
})
