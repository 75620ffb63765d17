package render

import (
	"slices"

	"golang.org/x/text/language"
)

// Match chooses, for a browser's Accept-Language header, among some languages (those of the interface, English first,
// if none are given) the one that serves best; the first, if none does.
func (r *Renderer) Match(accept string, among ...string) string {
	if len(among) == 0 {
		among = slices.Insert(slices.Clone(r.words.Languages()), 0, "en")
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return among[0]
	}
	tags := make([]language.Tag, len(among))
	for i, l := range among {
		tags[i] = language.Make(l)
	}
	_, best, _ := language.NewMatcher(tags).Match(wanted...)
	return among[best]
}
