package questionnaire

import (
	"io/fs"
	"strings"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// PictureFiles reads a picture that a questionnaire names, and returns the copies of it that pages load: wide ones for a
// question, or smaller ones for the card of an option. The name is a valid path in the sense of [fs.ValidPath]. An error says
// what is wrong with the file, in words that follow its name.
type PictureFiles func(name string, card bool) ([]survey.PictureCopy, error)

// picture reads the key "image"; card says whether it is an option's.
func (o object) picture(card bool) *survey.Picture {
	if !o.has("image") {
		return nil
	}
	p := &survey.Picture{}
	o.picturesAt[p] = o.keys["image"]
	i := o.object(o.values["image"], &imageMapping)
	if i.node == nil {
		return p
	}
	p.File = i.plain("file")
	if alt := i.values["alt"]; alt != nil && !isDeclaredEmpty(target(alt)) {
		p.Alt = i.text("alt")
	}
	at := i.values["file"]
	switch {
	case p.File == "":
	case strings.Contains(p.File, "://") || strings.HasPrefix(p.File, "//"):
		o.fail(at, "a picture must be a file beside the questionnaire, not an address: pages load nothing from elsewhere")
	case !fs.ValidPath(p.File) || p.File == "." || strings.ContainsAny(p.File, `\:`):
		o.fail(at, "a picture must be a file in the questionnaire's folder, such as counter.jpg, not %s", quote(p.File))
	case o.pictures != nil:
		copies, err := o.pictures(p.File, card)
		if err != nil {
			o.fail(at, "the picture %s %s", quote(p.File), message.Of(err))
		}
		p.Copies = copies
	}
	return p
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
