package answer_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

const secret = "0123456789ABCDEF"

// tiers parses a survey with two hidden questions.
func tiers(t *testing.T) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("tiers.yaml", []byte(`title: Service
access: both
anonymity: identified
sections:
  - questions:
      - {id: overall, type: nps, label: Overall}
      - {id: tier, type: hidden, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: name, type: hidden, label: Name}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// posts returns the same submission as a form and as JSON.
func posts(t *testing.T, invitation string) map[string]answer.Posted {
	t.Helper()
	body, err := json.Marshal(map[string]any{"id": id, "invitation": invitation, "answers": map[string]any{"overall": 7, "tier": "b", "name": "Mallory"}})
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := answer.FromJSON(body)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]answer.Posted{
		"form": answer.FromForm(url.Values{"_id": {id}, "_invitation": {invitation, "another"}, "overall": {"7"}, "tier": {"b"}, "name": {"Mallory"}}),
		"JSON": fromJSON,
	}
}

// An invitation is no answer, and its values stand in place of those that were posted.
func TestInvitation(t *testing.T) {
	s := tiers(t)
	for how, p := range posts(t, " "+secret+" ") {
		if p.Invitation.Reveal() != secret {
			t.Errorf("%s: the invitation is %q", how, p.Invitation.Reveal())
		}
		for _, c := range []struct {
			values map[string]string
			want   string
		}{
			{map[string]string{"tier": "a", "name": "Li"}, "overall=7 tier=a name=Li"},
			{map[string]string{"tier": "gone", "overall": "0", "other": "1"}, "overall=7"},
			{nil, "overall=7"},
		} {
			p.SetHidden(s, c.values)
			r, _, problems := answer.Check(s, p)
			if got := show(r.Answers); len(problems) > 0 || got != c.want {
				t.Errorf("%s: %s, want %s; problems %v", how, got, c.want, problems)
			}
		}
	}
	var empty answer.Posted
	empty.SetHidden(s, map[string]string{"tier": "a"})
	if got := empty.Fields["tier"]; len(got) != 1 || got[0] != "a" {
		t.Errorf("nothing was posted: %q", got)
	}
}

func TestInvitationIsBounded(t *testing.T) {
	for how, p := range posts(t, strings.Repeat("永", 1000)) {
		if n := len(p.Invitation.Reveal()); n != 64 {
			t.Errorf("%s: %d bytes", how, n)
		}
	}
	for _, body := range []string{`{"id":"` + id + `","invitation":7,"answers":{"overall":7}}`, `{"id":"` + id + `","invitation":"a","invitation":"b","answers":{"overall":7}}`} {
		p, err := answer.FromJSON([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, problems := answer.Check(tiers(t), p); len(problems) != 1 || problems[0].Field != "invitation" {
			t.Errorf("%s: %v", body, problems)
		}
	}
}

// A secret shows nowhere that somebody prints a submission to.
func TestSecretIsHidden(t *testing.T) {
	for how, p := range posts(t, secret) {
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Error("fault", "posted", p, "invitation", p.Invitation)
		slog.New(slog.NewTextHandler(&log, nil)).Error("fault", "posted", p, "invitation", p.Invitation)
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		all := log.String() + string(data)
		for _, format := range [...]string{"%v", "%+v", "%#v", "%s", "%q"} {
			all += fmt.Sprintf(format, any(p)) + fmt.Sprintf(format, any(p.Invitation))
		}
		if strings.Contains(all, secret) || strings.Count(all, "(secret)") < 12 {
			t.Errorf("%s: %s", how, all)
		}
	}
	if fmt.Sprint(answer.Secret("")) != "" {
		t.Error("none is shown as one")
	}
}
