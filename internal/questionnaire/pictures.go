package questionnaire

import (
	"io/fs"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Files are what a questionnaire's folder holds, and its site's theme. Without a function, what it would say is not checked.
type Files struct {
	// Picture reads a picture that a questionnaire names, and returns the copies of it that pages load. The name is a valid path
	// in the sense of [fs.ValidPath]. An error says what is wrong with the file, in words that follow its name.
	Picture func(name string, of survey.PictureUse) ([]survey.PictureCopy, error)

	// Theme puts the survey's theme over the site's, and returns what is wrong with the two together.
	Theme func(*survey.Theme) []ThemeFault

	// Keys reads the public keys of an anonymous survey; nil as long as nobody has been invited.
	Keys func(id string) (*survey.Keys, error)
}

// picture reads the key "image".
func (o object) picture(of survey.PictureUse) *survey.Picture {
	if !o.has("image") {
		return nil
	}
	p := &survey.Picture{}
	o.picturesAt[p] = o.keys["image"]
	o.readPicture(p, o.object(o.values["image"], &imageMapping), of)
	return p
}

// readPicture reads a picture's file and its description.
func (r *reader) readPicture(p *survey.Picture, i object, of survey.PictureUse) {
	if i.node == nil {
		return
	}
	p.File = i.plain("file")
	if alt := i.values["alt"]; alt != nil && !isDeclaredEmpty(target(alt)) {
		p.Alt = i.text("alt")
	}
	at := i.values["file"]
	if p.File == "" || !i.isPicture(at, p.File) || r.files.Picture == nil {
		return
	}
	copies, err := r.files.Picture(p.File, of)
	if err != nil {
		r.fail(at, "the picture %s %s", quote(p.File), message.Of(err))
	}
	p.Copies = copies
}

// isPicture reports whether a name can be that of a picture in the questionnaire's folder.
func (r *reader) isPicture(at *yaml.Node, name string) bool {
	switch {
	case strings.Contains(name, "://") || strings.HasPrefix(name, "//"):
		r.fail(at, "a picture must be a file beside the questionnaire, not an address: pages load nothing from elsewhere")
	case !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, `\:`):
		r.fail(at, "a picture must be a file in the questionnaire's folder, such as counter.jpg, not %s", quote(name))
	default:
		return true
	}
	return false
}

// isDeclaredEmpty reports whether a value is "" in quotes, and not just missing.
func isDeclaredEmpty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
}

// checkPictures checks that a question's options have pictures if and only if they are shown as cards.
func (r *questionReader) checkPictures(o object, q *survey.Question) {
	var first *survey.Picture
	for i := range q.Options {
		if first = q.Options[i].Image; first != nil {
			break
		}
	}
	cards := q.Display == survey.ImageChoice
	switch {
	case first != nil && !cards && (q.Type == survey.SingleChoice || q.Type == survey.MultiChoice):
		o.fail(r.picturesAt[first], "pictures of options are shown on cards: add \"display: %s\" to the question", survey.ImageChoice)
	case first != nil && !cards:
		o.fail(r.picturesAt[first], "options with pictures go with single_choice and multi_choice, not with type %s: remove the pictures, or change the type", q.Type)
	case cards && first == nil && len(q.Options) > 0 && o.has("options"):
		o.fail(o.values["display"], "%s shows the options' pictures, and none has one: add \"image\" to the options, or choose another display", survey.ImageChoice)
	case cards && first == nil && o.has("scale"):
		o.fail(o.values["display"], "%s shows the options' pictures, and a scale's have none: give the question options of its own, or choose another display", survey.ImageChoice)
	}
}
