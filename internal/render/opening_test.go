package render

import (
	"bytes"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// An introduction folds to its first paragraph, unless a purpose is given; nothing is said twice, and nothing is lost.
func TestOpening(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	long := strings.Repeat("Every word of it is read. ", 8)
	for _, c := range []struct{ name, purpose, intro, lead, more string }{
		{"nothing", "", "", "", ""},
		{"a purpose", "To <improve>.", "", "To &lt;improve&gt;.", "-"},
		{"a purpose and more", "To improve.", "One.\n\nTwo.", "To improve.", "<p>One.</p>\n<p>Two.</p>\n"},
		{"one short paragraph", "", "One *short*\none.", "One <em>short</em>\none.", "-"},
		{"one long paragraph", "", long, strings.TrimSpace(long), ""},
		{"two paragraphs", "", "One.\n\n- Two", "One.", "<ul>\n<li>Two</li>\n</ul>\n"},
		{"a link in the first", "", "See [us](mailto:a@example.com).\n\nTwo.", "See us.", "<p>See <a href=\"mailto:a@example.com\">us</a>.</p>\n<p>Two.</p>\n"},
		{"a list first", "", "- One", "", "<ul>\n<li>One</li>\n</ul>\n"},
		{"HTML", "", "One <script>two</script>.\n\n<b>Three</b>", "One <!-- raw HTML omitted -->two<!-- raw HTML omitted -->.", "<p><!-- raw HTML omitted -->Three<!-- raw HTML omitted --></p>\n"},
	} {
		s.Purpose, s.Intro = survey.Text{"en": c.purpose}, survey.Text{"en": c.intro}
		o := newOpening(r.words.In("en"), s, "en", false)
		folds := c.more != "-" && c.lead+c.more != ""
		if string(o.Lead) != c.lead || string(o.More) != strings.TrimPrefix(c.more, "-") || o.Folds != folds {
			t.Errorf("%s: lead %q, more %q, folds %t", c.name, o.Lead, o.More, o.Folds)
		}
		var b bytes.Buffer
		if err := r.Survey(&b, s, SurveyPage{Language: "en", Root: "../"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "<summary>"); got != folds {
			t.Errorf("%s: the page folds: %t", c.name, got)
		}
		for _, fault := range rendertest.Faults(t, b.Bytes()) {
			t.Errorf("%s: %s", c.name, fault)
		}
	}
}

// A form says that it is anonymous only if nothing that it asks or takes from its link could name anybody.
func TestAnonymous(t *testing.T) {
	words := renderer(t).words.In("en")
	for questions, want := range map[string]string{
		"{id: a, type: nps, label: A}":                                                                               "Anonymous",
		"{id: a, type: nps, label: A}, {id: b, type: long_text, label: B}":                                           "Anonymous",
		"{id: a, type: nps, label: A}, {id: b, type: short_text, label: B}":                                          "",
		"{id: a, type: nps, label: A}, {id: b, type: date, label: B}":                                                "",
		"{id: a, type: nps, label: A}, {id: b, type: email, label: B}":                                               "Contact details optional",
		"{id: a, type: nps, label: A}, {id: b, type: short_text, private: true, label: B}":                           "Contact details optional",
		"{id: a, type: nps, label: A}, {id: b, type: short_text, label: B}, {id: c, type: phone, label: C}":          "Contact details optional",
		"{id: a, type: nps, label: A}, {id: b, type: email, label: B, required: true}":                               "",
		"{id: a, type: nps, label: A}, {id: b, type: email, label: B, required: a < 3}":                              "",
		"{id: a, type: nps, label: A}, {id: b, type: short_text, label: B, required: true}":                          "",
		"{id: a, type: nps, label: A}, {id: b, type: hidden, label: B}":                                              "",
		"{id: a, type: nps, label: A}, {id: b, type: hidden, label: B}, {id: c, type: phone, label: C}":              "",
		"{id: a, type: nps, label: A}, {id: b, type: yes_no, private: true, label: B}]}]\nresults: {min_group: 1} #": "Trial: every answer counts at once in the results, without protection (k = 1)",
		"{id: a, type: nps, label: A}]}]\nresults: {min_group: 1} #":                                                 "Trial: every answer counts at once in the results, without protection (k = 1)",
	} {
		s, problems := questionnaire.Parse("a.yaml", []byte("title: A\nlanguages: [en]\nsections: [{questions: ["+questions+"]}]\n"))
		if len(problems) > 0 {
			t.Fatalf("%s: %v", questions, problems)
		}
		if got := strings.Join(chips(words, s, false), ", "); got != want {
			t.Errorf("%s: %q, want %q", questions, got, want)
		}
	}
}
