// Package glasspoll embeds the templates, with the wording of the interface, the sample questionnaires, and the templates of a
// deployment on AWS. It has no logic.
package glasspoll

import (
	"embed"
	"io/fs"
)

//go:embed all:templates
var templates embed.FS

//go:embed templates/*.html templates/wording
var pages embed.FS

//go:embed surveys/*.yaml surveys/*.png
var samples embed.FS

//go:embed deploy/*.yaml
var deployment embed.FS

// Templates returns the folder templates/: *.html, the stylesheets, scripts, icon.svg, and wording/LANGUAGE.yaml.
func Templates() fs.FS { return sub(templates, "templates") }

// Pages returns the part of [Templates] that rendering a page needs. A function that uses nothing else is linked without the assets.
func Pages() fs.FS { return sub(pages, "templates") }

// Samples returns the folder surveys/: questionnaires to start from, with their pictures.
func Samples() fs.FS { return sub(samples, "surveys") }

// Deployment returns the templates of CloudFormation, template.yaml and firewall.yaml.
func Deployment() fs.FS { return sub(deployment, "deploy") }

func sub(fsys embed.FS, folder string) fs.FS {
	inner, err := fs.Sub(fsys, folder)
	if err != nil {
		panic(err) // the folder is one of the constants above
	}
	return inner
}
