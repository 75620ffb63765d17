package site

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"glasspoll/internal/render"
	"glasspoll/internal/theme"
)

// Assets is the stylesheets, the script and the pictures as pages link to them: made small, and named by what they hold,
// so that a cache may keep them for ever.
type Assets struct {
	Links render.Assets
	files []file
}

type file struct {
	path    string
	content []byte
}

// Content is what is in an asset; nil if there is none at a path.
func (a Assets) Content(path string) []byte {
	for _, f := range a.files {
		if f.path == path {
			return f.content
		}
	}
	return nil
}

// NewRenderer reads the assets of a set of templates and a theme, and returns the renderer of pages that link to them.
func NewRenderer(templates fs.FS, look *theme.Theme) (*render.Renderer, Assets, error) {
	assets, err := ReadAssets(templates, look)
	if err != nil {
		return nil, Assets{}, err
	}
	renderer, err := render.New(templates, assets.Links)
	return renderer, assets, err
}

// ReadAssets makes the assets of the templates, and of a company's theme: style.css, results.css, script.js and thanks.js with
// what they import, icon.svg, and the logo.
func ReadAssets(templates fs.FS, look *theme.Theme) (Assets, error) {
	var a Assets
	for _, source := range []struct {
		name string
		more string // after the source's own
		link *render.Asset
	}{
		{"style.css", look.CSS(), &a.Links.Style},
		{"results.css", look.CSS(), &a.Links.Results},
		{"script.js", "", &a.Links.Script},
		{"thanks.js", "", &a.Links.Thanks},
	} {
		content, err := bundle(templates, source.name, source.more)
		if err != nil {
			return Assets{}, err
		}
		integrity := sha512.Sum384(content)
		*source.link = render.Asset{
			Path:      a.add(source.name, content),
			Integrity: "sha384-" + base64.StdEncoding.EncodeToString(integrity[:]),
		}
	}
	icon, err := fs.ReadFile(templates, "icon.svg")
	if err != nil {
		return Assets{}, fmt.Errorf("reading templates: %w", err)
	}
	light, dark := theme.DefaultLight(), theme.DefaultDark()
	if look.Light != nil {
		icon = bytes.ReplaceAll(icon, []byte(light["accent"].Hex()), []byte(look.Light["accent"].Hex()))
		icon = bytes.ReplaceAll(icon, []byte("#fff"), []byte(look.Light["on-accent"].Hex()))
		light = look.Light
	}
	if look.Dark != nil {
		dark = look.Dark
	}
	a.Links.Icon = a.add("icon.svg", icon)
	a.Links.Brand = render.Brand{Name: look.Name, Address: look.Address, Light: light["bg"].Hex(), Dark: dark["bg"].Hex()}
	if look.Logo != nil {
		a.Links.Brand.Logo = a.add("logo"+look.Logo.Extension, look.Logo.Content)
		a.Links.Brand.Height = logoHeight
		a.Links.Brand.Width = int(math.Round(logoHeight * look.Logo.Width / look.Logo.Height))
	}
	if look.LogoDark != nil {
		a.Links.Brand.LogoDark = a.add("logo"+look.LogoDark.Extension, look.LogoDark.Content)
	}
	return a, nil
}

// logoHeight is how high a logo is shown, in CSS pixels.
const logoHeight = 40

// add names a file by what it holds, and returns its path.
func (a *Assets) add(name string, content []byte) string {
	sum := sha256.Sum256(content)
	stem, extension, _ := strings.Cut(name, ".")
	f := file{fmt.Sprintf("assets/%s.%s.%s", stem, hex.EncodeToString(sum[:6]), extension), content}
	if !slices.ContainsFunc(a.files, func(g file) bool { return g.path == f.path }) {
		a.files = append(a.files, f)
	}
	return f.path
}

// bundle makes one small file of a source, what it imports, and more after it.
func bundle(templates fs.FS, name, more string) ([]byte, error) {
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
		Plugins:           []api.Plugin{{Name: "templates", Setup: func(build api.PluginBuild) { fromTemplates(build, templates, name, more, &unread) }}},
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
func fromTemplates(build api.PluginBuild, templates fs.FS, name, more string, unread *error) {
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
		if args.Path == name && more != "" {
			text += "\n" + more
		}
		if path.Ext(args.Path) == ".css" {
			loader = api.LoaderCSS
		}
		return api.OnLoadResult{Contents: &text, Loader: loader}, nil
	})
}
