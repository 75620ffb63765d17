package site

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"

	"glasspoll/internal/message"
	"glasspoll/internal/render"
	"glasspoll/internal/theme"
)

// Assets holds the stylesheets, the scripts and the pictures as pages link to them: minified, and named by a hash of their
// content, so that they can be cached for ever.
type Assets struct {
	Links render.Assets
	Look  render.Look // of one survey: see [LookAssets]
	files []file
}

type file struct {
	path    string
	content []byte
}

// Content returns the content of an asset; nil if there is none at the path.
func (a Assets) Content(path string) []byte {
	for _, f := range a.files {
		if f.path == path {
			return f.content
		}
	}
	return nil
}

// Write writes the assets to an output.
func (a Assets) Write(out Output) error {
	for _, f := range a.files {
		if err := out.Write(f.path, f.content); err != nil {
			return err
		}
	}
	return nil
}

// NewRenderer reads the assets of a set of templates and a theme, and returns the renderer of pages that link to them.
func NewRenderer(templates fs.FS, t *theme.Theme) (*render.Renderer, Assets, error) {
	assets, err := ReadAssets(templates, t)
	if err != nil {
		return nil, Assets{}, err
	}
	renderer, err := render.New(templates, assets.Links)
	return renderer, assets, err
}

// ReadAssets makes the assets from the templates and a company's theme: those of [CommonAssets], of [HomeAssets], and of
// [LookAssets] for each survey with a look of its own.
func ReadAssets(templates fs.FS, t *theme.Theme) (Assets, error) {
	a, err := CommonAssets(templates, t)
	if err != nil {
		return Assets{}, err
	}
	marks := map[string]theme.Mark{}
	for id, own := range t.Looks {
		look, err := LookAssets(templates, t, own)
		if err != nil {
			return Assets{}, err
		}
		a.join(look)
		if a.Links.Looks == nil {
			a.Links.Looks = map[string]render.Look{}
		}
		a.Links.Looks[id], marks[id] = look.Look, t.Mark(own)
	}
	home, err := HomeAssets(templates, marks)
	if err != nil {
		return Assets{}, err
	}
	a.join(home)
	a.Links.HomeStyle = home.Links.HomeStyle
	slices.SortFunc(a.files, func(f, g file) int { return strings.Compare(f.path, g.path) })
	return a, nil
}

// join adds the files of other assets.
func (a *Assets) join(b Assets) {
	for _, f := range b.files {
		a.addFile(f)
	}
}

// HomeAssets makes what the home page alone loads, home.css, with the marks of surveys, by id.
func HomeAssets(templates fs.FS, marks map[string]theme.Mark) (Assets, error) {
	var a Assets
	content, err := Bundle(templates, "home.css", theme.Marks(marks))
	if err != nil {
		return Assets{}, err
	}
	a.Links.HomeStyle = a.addChecked("home.css", content)
	return a, nil
}

// LookAssets makes the assets of a survey with a look of its own over its site's theme: its icon, look.css, logos and cover. Look
// has the links.
func LookAssets(templates fs.FS, t, own *theme.Theme) (a Assets, err error) {
	icon, err := readIcon(templates)
	if err != nil {
		return Assets{}, err
	}
	a.Look.Icon = a.addIcon(icon, own)
	if a.Look.Brand, err = a.addBrand(own); err != nil {
		return Assets{}, err
	}
	if css := own.CSSOver(t); css != "" {
		a.Look.Style = a.addChecked("look.css", []byte(css))
	}
	return a, nil
}

func readIcon(templates fs.FS) ([]byte, error) {
	icon, err := fs.ReadFile(templates, "icon.svg")
	if err != nil {
		return nil, message.Errorf("reading templates: %w", err)
	}
	return icon, nil
}

// CommonAssets makes the assets that surveys share: style.css, the rules of which for paper become print.css, thanks.css,
// style_full.css, results.css, document.css, script.js, script_full.js, blind.js, seal.js, thanks.js, home.js, work.js and
// opened.js with their imports, icon.svg, card.png, the logo and the cover.
func CommonAssets(templates fs.FS, t *theme.Theme) (Assets, error) {
	var a Assets
	for _, source := range []struct {
		name string
		more string // appended to the source
		link *render.Asset
	}{
		{"style.css", t.CSS(), &a.Links.Style},
		{"thanks.css", "", &a.Links.ThanksStyle},
		{"style_full.css", "", &a.Links.FullStyle},
		{"results.css", t.CSS(), &a.Links.Results},
		{"document.css", t.CSS(), &a.Links.Document},
		{"script.js", "", &a.Links.Script},
		{"script_full.js", "", &a.Links.Full},
		{"thanks.js", "", &a.Links.Thanks},
		{"blind.js", "", &a.Links.Blind},
		{"seal.js", "", &a.Links.Seal},
		{"home.js", "", &a.Links.Home},
		{"work.js", "", &a.Links.Work},
		{"opened.js", "", &a.Links.Opened},
	} {
		content, err := Bundle(templates, source.name, source.more)
		if err != nil {
			return Assets{}, err
		}
		if source.link == &a.Links.Style {
			var paper []byte
			if content, paper = splitPrint(content); len(paper) > 0 {
				a.Links.Print = a.addChecked("print.css", paper)
			}
		}
		*source.link = a.addChecked(source.name, content)
	}
	icon, err := readIcon(templates)
	if err != nil {
		return Assets{}, err
	}
	a.Links.Icon = a.addIcon(icon, t)
	a.Links.Brand, err = a.addBrand(t)
	return a, err
}

// Fingerprint identifies a set of templates with a theme: pages made with equal ones are equal.
func Fingerprint(templates fs.FS, t *theme.Theme) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	io.WriteString(h, t.Fingerprint())
	err = fs.WalkDir(templates, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(templates, name)
		fmt.Fprintf(h, "%q %d\n", name, len(content))
		h.Write(content)
		return err
	})
	return [sha256.Size]byte(h.Sum(nil)), err
}

// splitPrint splits a minified stylesheet into what is for screens, or for both, and the rules that are for paper alone.
func splitPrint(css []byte) (screen, paper []byte) {
	const media = "@media print{"
	depth, quote, onPaper := 0, byte(0), false
	for i := 0; i < len(css); i++ {
		c := css[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case depth == 0 && bytes.HasPrefix(css[i:], []byte(media)):
			screen = append(screen, css[:i]...)
			css, i = css[i+len(media):], -1
			depth, onPaper = 1, true
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 && onPaper {
				paper = append(paper, css[:i]...)
				css, i, onPaper = css[i+1:], -1, false
			}
		}
	}
	return append(screen, css...), paper
}

// addIcon adds the icon in a theme's colours, and returns its path.
func (a *Assets) addIcon(icon []byte, t *theme.Theme) string {
	if t.Light != nil {
		icon = bytes.ReplaceAll(icon, []byte(theme.DefaultLight()["accent"].Hex()), []byte(t.Light["accent"].Hex()))
		icon = bytes.ReplaceAll(icon, []byte("#fff"), []byte(t.Light["on-accent"].Hex()))
	}
	return a.add("icon.svg", icon)
}

// addBrand adds the pictures of a theme.
func (a *Assets) addBrand(t *theme.Theme) (render.Brand, error) {
	light, dark := t.Palettes()
	card, err := drawCard(light["accent"], light["on-accent"])
	if err != nil {
		return render.Brand{}, message.Errorf("drawing the picture for link previews: %w", err)
	}
	b := render.Brand{Name: t.Name, Address: t.Address, Light: light["bg"].Hex(), Dark: dark["bg"].Hex(), Cover: t.Cover, Card: a.add("card.png", card)}
	if t.Logo != nil {
		b.Logo = a.add("logo"+t.Logo.Extension, t.Logo.Content)
		b.Height = logoHeight
		b.Width = int(math.Round(logoHeight * t.Logo.Width / t.Logo.Height))
	}
	if t.LogoDark != nil {
		b.LogoDark = a.add("logo"+t.LogoDark.Extension, t.LogoDark.Content)
	}
	for _, c := range t.Files {
		a.addFile(file{c.Path, c.Content})
	}
	return b, nil
}

// logoHeight is the height that a logo is shown with, in CSS pixels.
const logoHeight = 40

// add names a file by a hash of its content, and returns its path.
func (a *Assets) add(name string, content []byte) string {
	sum := sha256.Sum256(content)
	stem, extension, _ := strings.Cut(name, ".")
	f := file{fmt.Sprintf("assets/%s.%s.%s", stem, hex.EncodeToString(sum[:6]), extension), content}
	a.addFile(f)
	return f.path
}

func (a *Assets) addFile(f file) {
	if !slices.ContainsFunc(a.files, func(g file) bool { return g.path == f.path }) {
		a.files = append(a.files, f)
	}
}

// addChecked adds a file that browsers check when they load it.
func (a *Assets) addChecked(name string, content []byte) render.Asset {
	sum := sha512.Sum384(content)
	return render.Asset{Path: a.add(name, content), Integrity: "sha384-" + base64.StdEncoding.EncodeToString(sum[:])}
}

// Bundle makes one minified file of a script or stylesheet with what it imports, and more after it. Imports are relative to
// the file that has them.
func Bundle(files fs.FS, name, more string) ([]byte, error) {
	source := bundleSource{files: files, name: name, more: more}
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
		Plugins:           []api.Plugin{{Name: bundleNamespace, Setup: source.setup}},
	})
	switch {
	case source.err != nil:
		return nil, message.Errorf("reading templates: %w", source.err)
	case len(result.Errors) > 0:
		m := result.Errors[0]
		if m.Location != nil {
			return nil, message.Errorf("%s:%d:%d: %s", strings.TrimPrefix(m.Location.File, bundleNamespace+":"), m.Location.Line, m.Location.Column+1, m.Text)
		}
		return nil, message.Errorf("%s: %s", name, m.Text)
	case len(result.OutputFiles) != 1:
		return nil, message.Errorf("%s: makes %d files, want one", name, len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

// bundleNamespace keeps the bundler from resolving paths in the system's files.
const bundleNamespace = "templates"

// bundleSource lets the bundler read a file system and nothing else. Stylesheets name no files of theirs.
type bundleSource struct {
	files      fs.FS
	name, more string // the entry point, and what is added to it

	mu  sync.Mutex // files are loaded side by side
	err error      // of a file that could not be read
}

func (s *bundleSource) setup(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: ".*"}, s.resolve)
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: bundleNamespace}, s.load)
}

func (s *bundleSource) resolve(args api.OnResolveArgs) (api.OnResolveResult, error) {
	return api.OnResolveResult{Path: path.Join(path.Dir(args.Importer), args.Path), Namespace: bundleNamespace}, nil
}

func (s *bundleSource) load(args api.OnLoadArgs) (api.OnLoadResult, error) {
	source, err := fs.ReadFile(s.files, args.Path)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.err = err
		return api.OnLoadResult{}, err
	}
	text, loader := string(source), api.LoaderJS
	if args.Path == s.name && s.more != "" {
		text += "\n" + s.more
	}
	if path.Ext(args.Path) == ".css" {
		loader = api.LoaderCSS
	}
	return api.OnLoadResult{Contents: &text, Loader: loader}, nil
}
