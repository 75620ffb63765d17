package theme

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
)

// readPicture reads a logo. In an <img> an SVG can neither run nor load anything; but it has an address of its own too, so
// it must not contain anything that would.
func (r *reader) readPicture(n *yaml.Node, key string) *Picture {
	name, ok := r.scalar(n, key)
	if !ok {
		return nil
	}
	p := &Picture{Extension: strings.ToLower(path.Ext(name))}
	switch {
	case !r.isFile(n, key, name):
		return nil
	case p.Extension != ".svg" && p.Extension != ".png":
		r.fail(n, "%s must be an SVG or PNG file, not %s", key, quote(name))
		return nil
	}
	if p.Content, ok = r.content(n, key, name, maxPicture); !ok {
		return nil
	}
	if len(p.Content) > maxPicture {
		r.fail(n, "%s: %s has more than %d KB, and every visitor loads it: make it smaller", key, quote(name), maxPicture>>10)
		return nil
	}
	var err error
	if p.Extension == ".png" {
		config, err := png.DecodeConfig(bytes.NewReader(p.Content))
		if err == nil && config.Width > maxLogoPixels/max(1, config.Height) {
			r.fail(n, "the picture %s %s", quote(name), message.New("is %d × %d pixels: at most %d million are allowed, save it smaller", config.Width, config.Height, maxLogoPixels/1_000_000))
			return nil
		}
		if err == nil {
			_, err = png.Decode(bytes.NewReader(p.Content)) // all of it: half a file has a size, too
		}
		if err != nil {
			r.fail(n, "%s: %s is not a PNG picture: save it again as PNG", key, quote(name))
			return nil
		}
		p.Width, p.Height = float64(config.Width), float64(config.Height)
	} else if p.Width, p.Height, err = checkSVG(p.Content); err != nil {
		r.fail(n, "%s: %s: %v", key, quote(name), err)
		return nil
	}
	if p.Width < 1 || p.Height < 1 || p.Width/p.Height > 12 || p.Height/p.Width > 4 {
		r.fail(n, "%s: %s is %g by %g: a logo is at most twelve times as wide as high, and four times as high as wide", key, quote(name), p.Width, p.Height)
		return nil
	}
	return p
}

// isFile reports whether a name can be that of a file in the theme's folder.
func (r *reader) isFile(n *yaml.Node, key, name string) bool {
	switch {
	case strings.Contains(name, "://"):
		r.fail(n, "%s must be a file in the theme's folder, not an address: pages load nothing from elsewhere", key)
	case !fs.ValidPath(name) || name == "." || strings.Contains(name, `\`):
		r.fail(n, "%s must be the name of a file in the theme's folder, not %s", key, quote(name))
	default:
		return true
	}
	return false
}

// content reads a picture in the theme's folder, up to one byte more than it may have.
func (r *reader) content(n *yaml.Node, key, name string, most int) (content []byte, ok bool) {
	content, err := readFile(r.files, name, most)
	switch {
	case isNotExist(err):
		r.fail(n, "%s: there is no file %s in the theme's folder", key, quote(name))
	case errors.Is(err, errNotFile):
		r.fail(n, "the picture %s %s", quote(name), message.Of(err))
	case err != nil:
		r.fail(n, "%s: %s cannot be read: %v", key, quote(name), err)
	default:
		return content, true
	}
	return nil, false
}

// activeElements lists the elements that run or load something, or contain other content than a drawing.
var activeElements = map[string]bool{"script": true, "foreignobject": true, "iframe": true, "embed": true, "object": true, "audio": true, "video": true,
	"handler": true, "listener": true, "set": true, "animate": true, "animatemotion": true, "animatetransform": true}

// loading matches CSS that loads something from elsewhere, or that hides with escapes whether it does.
var loading = regexp.MustCompile(`(?i)@import|@[^\s{;]*\\|\\(?:[0-9a-f]{1,6}\s?|\S)[\w-]*\(|image-set\(|\bsrc\(|url\(\s*['"]?\s*[^'"#\s]`)

// checkSVG returns a drawing's size, or an error that says what it has besides drawing.
func checkSVG(source []byte) (width, height float64, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(source))
	decoder.Entity = map[string]string{}
	var c svgChecker
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, message.Errorf("is not an SVG drawing: line %d cannot be read; export it as plain SVG", c.line+1)
		}
		c.line, _ = decoder.InputPos()
		if err := c.check(token); err != nil {
			return 0, 0, err
		}
	}
	if !c.begun {
		return 0, 0, message.Errorf("is not an SVG drawing: it is empty")
	}
	return c.width, c.height, nil
}

// An svgChecker checks the tokens of one drawing.
type svgChecker struct {
	line          int
	begun         bool // the root element has been read
	width, height float64
}

func (c *svgChecker) check(token xml.Token) error {
	switch token := token.(type) {
	case xml.Directive:
		if bytes.Contains(bytes.ToUpper(token), []byte("ENTITY")) {
			return message.Errorf("line %d declares entities: export it as plain SVG", c.line)
		}
	case xml.ProcInst:
		if token.Target != "xml" {
			return message.Errorf("line %d has a <?%s?>: remove it", c.line, token.Target)
		}
	case xml.CharData:
		if loading.Match(token) {
			return c.loads()
		}
	case xml.StartElement:
		return c.element(token)
	}
	return nil
}

func (c *svgChecker) loads() error {
	return message.Errorf("line %d loads something from elsewhere: put everything into the file", c.line)
}

func (c *svgChecker) element(e xml.StartElement) (err error) {
	name := strings.ToLower(e.Name.Local)
	if !c.begun {
		c.begun = true
		if name != "svg" {
			return message.Errorf("is not an SVG drawing: it begins with <%s>", e.Name.Local)
		}
		if c.width, c.height, err = sizeOf(e); err != nil {
			return err
		}
	}
	if activeElements[name] {
		return message.Errorf("line %d has a <%s>: a logo only draws; export it as plain SVG", c.line, e.Name.Local)
	}
	for _, a := range e.Attr {
		if err := c.attribute(a); err != nil {
			return err
		}
	}
	return nil
}

func (c *svgChecker) attribute(a xml.Attr) error {
	name, value := strings.ToLower(a.Name.Local), strings.TrimSpace(a.Value)
	switch {
	case strings.HasPrefix(name, "on"):
		return message.Errorf("line %d has a script in %s: a logo only draws; export it as plain SVG", c.line, a.Name.Local)
	case (name == "href" || name == "src") && !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "data:image/png") && !strings.HasPrefix(value, "data:image/jpeg"):
		return message.Errorf("line %d links to %s: put everything into the file", c.line, quote(value))
	case a.Name.Space == "" && name != "xmlns" && loading.MatchString(value):
		return c.loads()
	}
	return nil
}

// sizeOf returns the size of a drawing: that of its box, or else its width and height.
func sizeOf(svg xml.StartElement) (width, height float64, err error) {
	var box []string
	for _, a := range svg.Attr {
		switch a.Name.Local {
		case "viewBox":
			box = strings.FieldsFunc(a.Value, func(c rune) bool { return c == ' ' || c == ',' || c == '\n' || c == '\t' })
		case "width":
			width, _ = strconv.ParseFloat(strings.TrimSuffix(a.Value, "px"), 64)
		case "height":
			height, _ = strconv.ParseFloat(strings.TrimSuffix(a.Value, "px"), 64)
		}
	}
	if len(box) == 4 {
		w, errW := strconv.ParseFloat(box[2], 64)
		h, errH := strconv.ParseFloat(box[3], 64)
		if errW == nil && errH == nil && isLength(w) && isLength(h) {
			return w, h, nil
		}
	}
	if isLength(width) && isLength(height) {
		return width, height, nil
	}
	return 0, 0, message.Errorf("has no size: add a viewBox to its <svg>")
}

// isLength reports whether a number is a side of a drawing: neither 0 nor infinite.
func isLength(n float64) bool { return n > 0 && n <= math.MaxInt32 }
