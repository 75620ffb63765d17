package compare

import (
	"reflect"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// privacy compares the privacy notice, on which no figure depends. Whoever has answered was shown the one of that day.
func (c *comparer) privacy() {
	old, new := c.old.Privacy, c.new.Privacy
	part := message.New("privacy notice")
	switch {
	case old == nil && new == nil:
	case old == nil:
		c.add(NewAnswers, part, path{"privacy"}, "it was added: its page is linked from the form")
	case new == nil:
		c.addRemoved(NewAnswers, part, path{"privacy"}, "it was removed: its page is taken back, and what it promised to those who have answered still holds")
	case shorter(new.Keep, old.Keep):
		c.add(AtOnce, part, path{"privacy", "keep"}, "answers are kept for a shorter time, those given before too: what is older is deleted")
	case !reflect.DeepEqual(promised(old), promised(new)):
		c.add(NewAnswers, part, path{"privacy"}, "what it promises was edited: those who have answered were promised what it said before")
	case !reflect.DeepEqual(old, new):
		c.add(Wording, part, path{"privacy"}, "it was edited, and promises the same")
	}
}

// promised returns what a privacy notice says of the use of data: all but whom to ask, and where.
func promised(p *survey.Privacy) survey.Privacy {
	of := *p
	of.Address, of.Contact, of.Officer, of.Authority = nil, nil, nil, nil
	return of
}

// shorter reports whether a is a shorter time than b, as counted back from the end of a leap year.
func shorter(a, b survey.Span) bool {
	end := time.Date(2028, time.December, 31, 0, 0, 0, 0, time.UTC)
	return a.Before(end).After(b.Before(end))
}
