package compare

import (
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// picture compares the pictures of a question or an option. Files are compared by their content where both were read, and else
// by name.
func (c *comparer) picture(part message.Text, old, new *survey.Picture, at path) {
	if old == nil && new == nil {
		return
	}
	none := survey.Picture{}
	if old == nil {
		old = &none
	}
	if new == nil {
		new = &none
	}
	isRead := len(old.Copies) > 0 && len(new.Copies) > 0
	switch {
	case old.File != new.File:
		c.add(Comparable, part, at, "the picture was changed (%s), which can shift answers a little", change(old.File, new.File))
	case isRead && !slices.Equal(old.Copies, new.Copies):
		c.add(Comparable, part, at, "the picture %s shows something else, which can shift answers a little", message.Plain(new.File))
	}
	c.text(part, message.New("the description of the picture"), old.Alt, new.Alt, at.to("alt"))
}
