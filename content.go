// Package glasspoll embeds what a site is made of: the templates, with the interface's wording, and sample
// questionnaires. It has no logic.
package glasspoll

import (
	"embed"
	"io/fs"
)

//go:embed all:templates
var templates embed.FS

//go:embed templates/*.html templates/wording
var pages embed.FS

//go:embed surveys/*.yaml
var samples embed.FS

// Templates is the folder templates/: *.html, the stylesheets, script.js, icon.svg, and wording/LANGUAGE.yaml.
func Templates() fs.FS { return sub(templates, "templates") }

// Pages is as much of [Templates] as rendering a page takes. A function that links no more is smaller by the assets.
func Pages() fs.FS { return sub(pages, "templates") }

// Samples is the folder surveys/: questionnaires to start from.
func Samples() fs.FS { return sub(samples, "surveys") }

func sub(fsys embed.FS, folder string) fs.FS {
	inner, err := fs.Sub(fsys, folder)
	if err != nil {
		panic(err) // the folder's name is a constant above
	}
	return inner
}
