package render

import (
	"io"

	"glasspoll/internal/survey"
)

// A Companion is a page of a survey beside its form: static, in each of its languages, and the same for all readers.
type Companion struct {
	Path string // below the survey's address, with a slash at the end: "plan/"

	has   func(*survey.Survey) bool
	write func(*Renderer, io.Writer, *survey.Survey, CompanionPage) error
}

// CompanionPage says which of a companion's pages is written.
type CompanionPage struct {
	Language string
	Root     string
}

// companions lists all companions. Their paths are not those of a survey's other pages: thanks/, results/, invitee/ and
// languages.
var companions = []Companion{
	{planPath, (*survey.Survey).HasPublicPlan, func(r *Renderer, w io.Writer, s *survey.Survey, p CompanionPage) error {
		return r.Plan(w, s, PlanPage{CompanionPage: p})
	}},
	{survey.PrivacyPath, func(s *survey.Survey) bool { return s.Privacy != nil }, (*Renderer).Privacy},
	{survey.WithdrawPath, func(*survey.Survey) bool { return true }, func(r *Renderer, w io.Writer, s *survey.Survey, p CompanionPage) error {
		return r.Withdraw(w, s, WithdrawPage{CompanionPage: p})
	}},
}

// Companions lists the companions that a survey has.
func Companions(s *survey.Survey) []Companion {
	var all []Companion
	for _, c := range companions {
		if c.has(s) {
			all = append(all, c)
		}
	}
	return all
}

// Write writes the companion of a survey that has it.
func (c Companion) Write(r *Renderer, w io.Writer, s *survey.Survey, p CompanionPage) error {
	return c.write(r, w, s, p)
}

// companionFrame returns the frame of a companion at a path below the survey's address. Its kind is "document": a page to be
// read and printed.
func (r *Renderer) companionFrame(s *survey.Survey, title, path string, p CompanionPage) Frame {
	f := r.Frame("document", title, p.Language, p.Root, r.LanguageLinks(s, p.Language, p.Root, path))
	f.Of(s.ID)
	f.Private = s.Unlisted
	f.Share(Address(s, p.Language, "", path), Purpose(s, p.Language))
	return f
}
