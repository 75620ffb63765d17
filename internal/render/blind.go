package render

import (
	"encoding/json"
	"html/template"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// blindWait is how long a page waits between having something signed and sending the answers, in seconds: between the two, evenly.
var blindWait = [2]int{5, 30}

// blindPart is what the form of an anonymous survey has for the invited.
type blindPart struct {
	Chosen bool     // to answer confidentially
	Group  []string // how the answers are counted: a name and a value each; none if in no segment
	Print  string   // of the list of keys
	Keys   string   // its address
	Able   bool     // there is a key
	Wait   int      // seconds, at most
}

// blindSettings are what templates/blind.js reads.
type blindSettings struct {
	Survey string            `json:"survey"` // as the form names it, with the draft
	Key    string            `json:"key,omitempty"`
	Keys   string            `json:"keys,omitempty"`  // address of the list
	Print  string            `json:"print,omitempty"` // of the list
	Wait   [2]int            `json:"wait"`
	Say    map[string]string `json:"say"`
}

// addBlind adds what an anonymous survey's page needs for the invited: the script that separates answers from the invitation, and
// what it says. On a page without a form the script sends what a page that was closed had left.
func (f *Frame) addBlind(s blindSettings) {
	s.Wait = blindWait
	s.Say = map[string]string{
		"waits": f.Say("blind.waits", "max", blindWait[1]), "stay": f.Say("blind.stay", "max", blindWait[1]), "keys": f.Say("blind.keys"),
		"resumed": f.Say("blind.resumed"), "received": f.Say("blind.received", "receipt", "{receipt}"),
		"openly": problemText(f.Words, answer.Problem{Code: answer.NotAnonymous}),
	}
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain data
	}
	f.Blind, f.BlindSettings = f.Assets.Blind, template.JS(data)
}

// blind adds to a form what the invited of an anonymous survey need.
func (f *form) blind(p SurveyPage) {
	s := f.Survey
	if s.Anonymity != survey.Anonymous || p.isPreview() {
		return
	}
	settings := blindSettings{}
	if p.Invitee != nil && !f.Shut {
		part := &blindPart{Chosen: p.Confidential, Wait: blindWait[1]}
		settings.Survey = s.ID + "." + p.Invitee.Draft
		if key, found := s.Keys.Find(p.Invitee.Key); found {
			settings.Key, settings.Keys = key.ID, handlerAddress(s, p.Root, "keys/"+s.Version)
			part.Able, part.Print, part.Keys = true, s.Keys.Fingerprint(), settings.Keys
			settings.Print = strings.ReplaceAll(part.Print, " ", "")
			part.Group = groupOf(f.Words, s, key, f.Lang)
		}
		f.Blindly = part
	}
	f.addBlind(settings)
}

// groupOf says in words with which values the answers by a key are counted.
func groupOf(w *wording.Words, s *survey.Survey, key survey.Key, language string) []string {
	var group []string
	for q := range s.Questions() {
		value := key.Values[q.ID]
		if value == "" {
			continue
		}
		for _, o := range q.Options {
			if o.ID == value {
				value = OptionLabel(w, &o, language)
			}
		}
		group = append(group, w.Say("blind.value", "name", q.Label.In(language), "value", value))
	}
	return group
}
