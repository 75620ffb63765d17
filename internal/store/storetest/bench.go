package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// RatingSurvey returns a survey without periods that asks n ratings from 1 to 5, question_00 and so on.
func RatingSurvey(t testing.TB, n int) *survey.Survey {
	t.Helper()
	var source strings.Builder
	source.WriteString("title: Ratings\nlanguages: [en]\ntimezone: UTC\nsections:\n  - questions:\n")
	for i := range n {
		fmt.Fprintf(&source, "      - {id: question_%02d, type: rating, steps: 5, label: Question %d}\n", i, i)
	}
	s, problems := questionnaire.Parse("ratings.yaml", []byte(source.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// Concurrently makes n calls from several goroutines, and returns how long each call and all of them took.
func Concurrently(t testing.TB, goroutines, n int, call func(i int) error) (each []time.Duration, all time.Duration) {
	t.Helper()
	each = make([]time.Duration, n)
	var wg sync.WaitGroup
	started := time.Now()
	for g := range goroutines {
		wg.Go(func() {
			for i := g; i < n; i += goroutines {
				from := time.Now()
				if err := call(i); err != nil {
					t.Error(err)
					return
				}
				each[i] = time.Since(from)
			}
		})
	}
	wg.Wait()
	return each, time.Since(started)
}
