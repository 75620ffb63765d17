package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// hugoConfig leaves out all pages but those of the content, and the home page.
const hugoConfig = `baseURL = "http://localhost/"
title = "Surveys"
disableKinds = ["taxonomy", "term", "RSS", "sitemap", "section", "404"]
`

// hugoPage is a layout that makes a form of a survey's questions.
const hugoPage = `<!doctype html>
<html lang="{{ .Params.language }}">
<head><meta charset="utf-8"><title>{{ .Title }}</title><meta name="viewport" content="width=device-width,initial-scale=1"></head>
<body><main><h1>{{ .Title }}</h1>{{ .Content }}
<form method="post" action="/api/surveys/{{ .Params.survey }}/responses">
{{ range .Params.questions }}<fieldset id="{{ .id }}"><legend>{{ .label }}</legend>
{{ $id := .id }}{{ if .options }}{{ range .options }}<label><input type="radio" name="{{ $id }}" value="{{ .id }}" required> {{ .label }}</label>
{{ end }}{{ else }}<textarea name="{{ $id }}" rows="4" maxlength="4000"></textarea>
{{ end }}</fieldset>
{{ end }}<button>Send</button></form></main></body></html>
`

const hugoHome = `<!doctype html>
<html><head><meta charset="utf-8"><title>{{ .Title }}</title></head>
<body><main><h1>{{ .Title }}</h1><ul>{{ range .Site.RegularPages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>
{{ end }}</ul></main></body></html>
`

// writeHugoSite writes the source of a Hugo site with so many pages. Each is a form of as many questions as a survey has.
func (b *bench) writeHugoSite(dir string, pages int) error {
	files := map[string]string{"hugo.toml": hugoConfig, "layouts/page.html": hugoPage, "layouts/home.html": hugoHome}
	for i := range pages - 1 { // and the home page
		files[fmt.Sprintf("content/survey_%05d.md", i)] = b.hugoContent(i, "")
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}

// hugoContent returns one page's source, with a mark in its title.
func (b *bench) hugoContent(i int, mark string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "---\ntitle: Satisfaction survey%s %d\nlanguage: en\nsurvey: survey_%05d\nquestions:\n", mark, i, i)
	for q := range b.questions {
		fmt.Fprintf(&s, "  - id: q%d\n    label: How was number %d?\n", q, q)
		switch q % 6 { // the same kinds as in the surveys
		case 0, 1, 2:
			s.WriteString("    options: [{id: very_good, label: Very satisfied}, {id: good, label: Satisfied}, {id: fair, label: Fair}, {id: poor, label: Dissatisfied}, {id: none, label: No opinion}]\n")
		case 3:
			s.WriteString("    options: [")
			for n := range 11 {
				fmt.Fprintf(&s, "{id: '%d', label: '%d'}, ", n, n)
			}
			s.WriteString("]\n")
		}
	}
	s.WriteString("---\nPlease answer as you **really** feel.\n")
	return s.String()
}
