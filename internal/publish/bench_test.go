package publish

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// encodedLog is a log of stored responses, which are decoded when they are read.
type encodedLog struct {
	*fakeStore
	records [][]byte
	find    func(string) (*answer.Vocabulary, error)
}

func (e encodedLog) Ends(context.Context, string) (map[string]string, error) {
	return map[string]string{"2026-10": fmt.Sprintf("%09d", len(e.records))}, nil
}

func (e encodedLog) After(_ context.Context, survey, period, _ string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for i, data := range e.records {
			r, err := answer.Decode(data, e.find)
			r.Survey, r.Period = survey, period
			if !yield(store.Entry{Cursor: fmt.Sprintf("%09d", i+1), Response: r}, err) {
				return
			}
		}
	}
}

// BenchmarkFold counts 100,000 stored responses of 30 ratings, which are decoded meanwhile.
func BenchmarkFold(b *testing.B) {
	source := "title: Ratings\nlanguages: [en]\ntimezone: UTC\nsections:\n  - questions:\n"
	for q := range 30 {
		source += fmt.Sprintf("      - {id: q%02d, type: rating, steps: 5, label: Q}\n", q)
	}
	s := parse(b, source)
	vocabulary := answer.NewVocabulary(s)
	log := encodedLog{find: func(string) (*answer.Vocabulary, error) { return vocabulary, nil }}
	for n := range 100_000 {
		r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012x", n), Version: s.Version, Language: "en"}
		for q := range 30 {
			r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("q%02d", q), fmt.Sprint(1 + (n+q)%5)})
		}
		log.records = append(log.records, answer.Append(nil, r, vocabulary))
	}
	for b.Loop() {
		log.fakeStore = newFakeStore()
		o := log.options(plain{}, at(20))
		o.Log = log
		out, err := New(o).Publish(ctx, s)
		if err != nil || out.Folded != int64(len(log.records)) {
			b.Fatal(out, err)
		}
	}
	b.ReportMetric(float64(b.N*len(log.records))/b.Elapsed().Seconds(), "responses/s")
}
