package questionnaire

import (
	"cmp"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// access reads who may answer.
func (o object) access() survey.Access {
	if word := o.word("access", "open"); word != "open" {
		return survey.Access(word)
	}
	return survey.OpenAccess
}

// tellsWho reports whether a question may say who answers: it asks for contact details, or its value, from the link or the
// invitation, may be one person's alone.
func tellsWho(q *survey.Question) bool {
	return q.Private || q.Type == survey.Email || q.Type == survey.Phone || q.Type == survey.Hidden && len(q.Options) == 0
}

var inWords = map[survey.Anonymity]message.Key{survey.Anonymous: "anonymous", survey.Confidential: "confidential"}

// checkInvitations checks that what the survey promises the invited fits what it asks.
func (o object) checkInvitations(s *survey.Survey) {
	if !s.HasInvitations() {
		if o.has("anonymity") && o.hasReadable("access") {
			o.fail(o.keys["anonymity"], "anonymity says what is known of the invited, and this survey invites nobody: write \"access: invited\", or remove it")
		}
		s.Anonymity = survey.Undeclared
		return
	}
	s.Anonymity = cmp.Or(s.Anonymity, survey.Confidential)
	if s.KeepDuplicates && !s.IsOpenToAll() {
		o.fail(o.values["duplicates"], "with \"access: invited\" each invitation is one answer, so there are no duplicates to keep: remove it")
	}
	if s.Anonymity == survey.Identified {
		return
	}
	for q := range s.Questions() {
		at := o.telling[q.ID]
		switch {
		case at == nil:
		case q.Type == survey.Hidden:
			o.fail(at, "the answers are %s, and the value of %s may be one person's alone: list what it may be under \"options\", or write \"anonymity: identified\"", inWords[s.Anonymity], quote(q.ID))
		case s.Anonymity == survey.Anonymous:
			o.fail(at, "the answers are anonymous, and %s asks who somebody is: remove the question, or write \"anonymity: confidential\"", quote(q.ID))
		case q.Required || q.RequiredIf != nil:
			o.fail(at, "the answers are confidential, and %s must say who somebody is: remove \"required\", or write \"anonymity: identified\"", quote(q.ID))
		}
	}
}

// hasReadable reports whether what a key says, if it is given, is one of its words.
func (o object) hasReadable(name string) bool {
	return o.values[name] == nil || o.word(name, "") != ""
}
