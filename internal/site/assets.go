package site

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"glasspoll/internal/render"
)

// Assets is the stylesheet and the script as pages link to them: made small, and named by what they hold, so that a
// cache may keep them for ever.
type Assets struct {
	Links render.Assets
	files []file
}

type file struct {
	path    string
	content []byte
}

// ReadAssets makes the assets from style.css and script.js of the templates, and what script.js imports of them.
func ReadAssets(templates fs.FS) (Assets, error) {
	var a Assets
	for _, source := range []struct {
		name string
		link *render.Asset
	}{
		{"style.css", &a.Links.Style},
		{"script.js", &a.Links.Script},
	} {
		content, err := bundle(templates, source.name)
		if err != nil {
			return Assets{}, err
		}
		name := sha256.Sum256(content)
		integrity := sha512.Sum384(content)
		stem, extension, _ := strings.Cut(source.name, ".")
		*source.link = render.Asset{
			Path:      fmt.Sprintf("assets/%s.%s.%s", stem, hex.EncodeToString(name[:6]), extension),
			Integrity: "sha384-" + base64.StdEncoding.EncodeToString(integrity[:]),
		}
		a.files = append(a.files, file{source.link.Path, content})
	}
	return a, nil
}

// bundle makes one small file of a source and what it imports.
func bundle(templates fs.FS, name string) ([]byte, error) {
	var unread error
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{name},
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            api.ES2019,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LogLevel:          api.LogLevelSilent,
		Plugins:           []api.Plugin{{Name: "templates", Setup: func(build api.PluginBuild) { fromTemplates(build, templates, &unread) }}},
	})
	switch {
	case unread != nil:
		return nil, fmt.Errorf("reading templates: %w", unread)
	case len(result.Errors) > 0:
		m := result.Errors[0]
		if m.Location != nil {
			return nil, fmt.Errorf("%s:%d:%d: %s", strings.TrimPrefix(m.Location.File, "templates:"), m.Location.Line, m.Location.Column+1, m.Text)
		}
		return nil, fmt.Errorf("%s: %s", name, m.Text)
	case len(result.OutputFiles) != 1:
		return nil, fmt.Errorf("%s: makes %d files, want one", name, len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

// fromTemplates lets the bundler read the templates' file system and nothing else. Style sheets name no files of theirs.
func fromTemplates(build api.PluginBuild, templates fs.FS, unread *error) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		return api.OnResolveResult{Path: path.Clean(args.Path), Namespace: "templates"}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "templates"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		source, err := fs.ReadFile(templates, args.Path)
		if err != nil {
			*unread = err
			return api.OnLoadResult{}, err
		}
		text, loader := string(source), api.LoaderJS
		if path.Ext(args.Path) == ".css" {
			loader = api.LoaderCSS
		}
		return api.OnLoadResult{Contents: &text, Loader: loader}, nil
	})
}
