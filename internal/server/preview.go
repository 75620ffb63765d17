// Package server serves the site from one process: forms, answers and results, with a live preview for authors.
package server

import "embed"

// PreviewFiles are the preview's own pages, styles and script.
//
//go:embed preview
var PreviewFiles embed.FS
