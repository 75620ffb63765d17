package main

import (
	"os"
	"time"

	"glasspoll/internal/chromium"
	"glasspoll/internal/console"
)

// browserFlags name the browser that prints and draws.
type browserFlags struct {
	Chromium  string        `placeholder:"FILE" help:"The program of Chromium, Chrome or Edge. Default: what GLASSPOLL_CHROMIUM names, else the first one that is found."`
	NoSandbox bool          `help:"Run the browser without its sandbox, which it cannot have as root and in most containers. It shows nothing but Glasspoll's own page, which has no script."`
	Timeout   time.Duration `placeholder:"TIME" default:"2m" help:"How long the browser may take. Default: 2m."`
}

// browser finds the browser.
func (f browserFlags) browser() (chromium.Browser, error) {
	if f.Timeout <= 0 {
		return chromium.Browser{}, console.Usagef("--timeout %s: write a time such as 30s or 2m", f.Timeout)
	}
	path, err := chromium.Find(f.Chromium, os.Getenv)
	return chromium.Browser{Path: path, NoSandbox: f.NoSandbox, Timeout: f.Timeout}, err
}
