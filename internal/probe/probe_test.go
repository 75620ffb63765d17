package probe

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestAsked(t *testing.T) {
	for event, want := range map[string]bool{
		`{"probe":true}`: true, ` {"probe": true} `: true, string(Event()): true,
		`{"probe":false}`: false, `{"probe":"true"}`: false, `{"probe":1}`: false, `{"Probe":true}`: false, `{"probe":true,"windows":true}`: false,
		`{"body":"{\"probe\":true}","requestContext":{"http":{"method":"POST"}}}`: false, `{"probe":true,"requestContext":{}}`: false,
		`{"probe":true,"probe":false}`: false, `[{"probe":true}]`: false, `true`: false, `null`: false, ``: false, `{"probe":true`: false,
	} {
		if Asked([]byte(event)) != want {
			t.Errorf("%s: %t", event, !want)
		}
	}
}

func TestJudge(t *testing.T) {
	allowed := Probe{Name: "a", Want: Allowed, Got: Allowed}
	denied := Probe{Name: "d", Want: Denied, Got: Denied}
	with := func(p Probe, got string) Probe { p.Got = got; return p }
	check := Probe{Name: CheckInTransaction, Want: Allowed, Got: Denied}
	open := Probe{Name: "open", Want: Denied, Got: Allowed, Undocumented: true}
	for name, c := range map[string]struct {
		replies []Reply
		passed  bool
		want    Verdict
	}{
		"as wanted":         {[]Reply{{"submit", []Probe{allowed, denied}, nil}}, true, Verdict{}},
		"refused":           {[]Reply{{"submit", []Probe{with(allowed, Denied), denied}, nil}}, false, Verdict{Wrong: 1}},
		"open":              {[]Reply{{"submit", []Probe{allowed, with(denied, Allowed)}, nil}}, false, Verdict{Wrong: 1}},
		"not known":         {[]Reply{{"submit", []Probe{with(allowed, Unknown), with(denied, Unknown)}, nil}}, false, Verdict{Unclear: 2}},
		"no word":           {[]Reply{{"submit", []Probe{with(allowed, ""), denied}, nil}}, false, Verdict{Unclear: 1}},
		"no wish":           {[]Reply{{"submit", []Probe{allowed, denied, {Name: "x", Got: Allowed}}, nil}}, false, Verdict{Unclear: 1}},
		"checks refused":    {[]Reply{{"submit", []Probe{check, denied}, nil}}, false, Verdict{Wrong: 1, ChecksRefused: true}},
		"not promised":      {[]Reply{{"submit", []Probe{allowed, denied, open}, nil}}, true, Verdict{Notes: 1}},
		"nothing":           {[]Reply{{"submit", nil, nil}}, false, Verdict{Silent: make([]Reply, 1)}},
		"nothing is denied": {[]Reply{{"submit", []Probe{allowed}, nil}}, false, Verdict{Silent: make([]Reply, 1)}},
		"failed":            {[]Reply{{"submit", []Probe{allowed, denied}, nil}, {"invite", nil, errors.New("away")}}, false, Verdict{Silent: make([]Reply, 1)}},
	} {
		v := Judge(c.replies)
		if v.Passed() != c.passed || v.Wrong != c.want.Wrong || v.Unclear != c.want.Unclear || v.Notes != c.want.Notes || len(v.Silent) != len(c.want.Silent) || v.ChecksRefused != c.want.ChecksRefused {
			t.Errorf("%s: %+v", name, v)
		}
	}
	v := Judge([]Reply{{"submit", []Probe{allowed, denied, open}, nil}, {"invite", []Probe{with(allowed, Unknown), with(denied, Allowed)}, nil}})
	for i, want := range []Kind{Wrong, Unclear, Note, Fine, Fine} {
		if v.Rows[i].Kind != want {
			t.Errorf("row %d: %+v", i, v.Rows[i])
		}
	}
}

func TestReplyOf(t *testing.T) {
	sent, err := json.Marshal([]Probe{{Name: "a", Want: Allowed, Got: Denied, Detail: "no"}})
	if err != nil {
		t.Fatal(err)
	}
	if r := ReplyOf("submit", sent, nil); r.Err != nil || len(r.Probes) != 1 || r.Probes[0].Detail != "no" {
		t.Errorf("%+v", r)
	}
	if r := ReplyOf("submit", []byte(`{"statusCode":400}`), nil); r.Err == nil || Judge([]Reply{r}).Passed() {
		t.Errorf("an older function: %+v", r)
	}
	if r := ReplyOf("submit", []byte(`null`), nil); Judge([]Reply{r}).Passed() {
		t.Errorf("%+v", r)
	}
}
