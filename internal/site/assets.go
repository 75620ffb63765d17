package site

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
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

// ReadAssets makes the assets from style.css and script.js of the templates.
func ReadAssets(templates fs.FS) (Assets, error) {
	var a Assets
	for _, source := range []struct {
		name   string
		loader api.Loader
		link   *render.Asset
	}{
		{"style.css", api.LoaderCSS, &a.Links.Style},
		{"script.js", api.LoaderJS, &a.Links.Script},
	} {
		content, err := fs.ReadFile(templates, source.name)
		if err != nil {
			return Assets{}, fmt.Errorf("reading templates: %w", err)
		}
		content, err = minify(source.name, content, source.loader)
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

func minify(name string, source []byte, loader api.Loader) ([]byte, error) {
	result := api.Transform(string(source), api.TransformOptions{
		Sourcefile:        name,
		Loader:            loader,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LogLevel:          api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		m := result.Errors[0]
		if m.Location != nil {
			return nil, fmt.Errorf("%s:%d:%d: %s", name, m.Location.Line, m.Location.Column+1, m.Text)
		}
		return nil, fmt.Errorf("%s: %s", name, m.Text)
	}
	return result.Code, nil
}
