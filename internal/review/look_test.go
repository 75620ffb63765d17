package review_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/review"
)

const asked = `title: Tea
languages: [en]
scales: {two: [{id: good, label: Good, score: 2}, {id: bad, label: Bad, score: 1}]}
sections:
  - questions:
      - {id: parts, type: matrix, label: Parts, scale: two,
         rows: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}, {id: d, label: D}, {id: e, label: E}]}
      - {id: more, type: matrix, label: More, scale: two, rows: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
`

// given returns a response with the given answers to both matrices, "" for none.
func given(values ...string) answer.Response {
	var r answer.Response
	for i, value := range values {
		field := "parts." + string(rune('a'+i))
		if i >= 5 {
			field = "more." + string(rune('a'+i-5))
		}
		if value != "" {
			r.Answers = append(r.Answers, answer.Answer{field, value})
		}
	}
	return r
}

func TestLooks(t *testing.T) {
	t.Parallel()
	s, problems := questionnaire.Parse("tea.yaml", []byte(asked))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	varied := given("good", "bad", "good", "good", "good", "bad", "good", "bad")
	straight := given("bad", "bad", "bad", "bad", "bad", "good", "bad", "good")
	short := given("good", "bad", "good", "bad", "good", "bad", "bad", "bad")
	gap := given("bad", "bad", "", "bad", "bad", "good", "bad", "good")
	hasty := varied
	hasty.Quality.Seconds = 3
	same := &review.Same{}
	for _, r := range []answer.Response{varied, straight, straight, straight, short, gap} {
		same.Add(r)
	}
	for _, c := range []struct {
		name     string
		response answer.Response
		longest  int
		want     []review.Look
	}{
		{"varied answers", varied, 3, nil},
		{"one column, sent three times", straight, 5, []review.Look{review.StraightLine, review.SameAnswers}},
		{"one column of a short matrix", short, 3, nil},
		{"one column with a gap", gap, 2, nil},
		{"too fast", hasty, 3, []review.Look{review.Hasty}},
		{"erased", answer.Response{Withdrawn: true}, 0, nil},
	} {
		if got := review.LooksOf(s, c.response, same); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got, _ := review.LongestRun(s, c.response); got != c.longest {
			t.Errorf("%s: the longest run is %d, want %d", c.name, got, c.longest)
		}
	}
}

func TestDecisionsEncoded(t *testing.T) {
	t.Parallel()
	d := review.Decisions{Number: 3, Reject: true, Reason: "程序提交", By: "li", At: time.Date(2026, 11, 30, 1, 2, 3, 4, time.UTC), IDs: []string{"6f1c9ee4-5f2b-4b3e-9a30-000000000001", "plain"}}
	got, err := review.Decode(3, d.Encode())
	if err != nil || !got.Equal(d) || !slices.Equal(got.IDs, d.IDs) || !got.At.Equal(d.At) {
		t.Errorf("%+v, %v", got, err)
	}
	for cut := range len(d.Encode()) {
		if _, err := review.Decode(3, d.Encode()[:cut]); err == nil {
			t.Errorf("%d bytes are read", cut)
		}
	}
	for name, bad := range map[string]review.Decisions{
		"no number": {IDs: []string{"a"}}, "nothing decided of": {Number: 1}, "too many": {Number: 1, IDs: make([]string, review.MaxIDs+1)},
		"a long reason": {Number: 1, IDs: []string{"a"}, Reason: strconv.Itoa(1) + string(make([]byte, review.MaxReason))},
	} {
		if bad.Check() == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
