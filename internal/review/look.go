package review

import (
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// A Look says why answers look made up. It reads what they say, so it is for persons alone, and decides nothing.
type Look string

// The looks.
const (
	StraightLine Look = "straight_line" // every row of a long matrix has the same answer
	SameAnswers  Look = "same_answers"  // others have given the very same answers to many questions
	Hasty        Look = "hasty"         // less than a second for each answer
)

const (
	longMatrix = 5 // rows
	manyFields = 8 // that same answers are compared of
	manySame   = 3 // responses with the same answers
)

// LongestRun returns the longest run of equal answers down the rows of any one matrix, and whether it is all of a long matrix.
func LongestRun(s *survey.Survey, r answer.Response) (longest int, whole bool) {
	if s == nil {
		return 0, false
	}
	given := make(map[string]string, len(r.Answers))
	for _, a := range r.Answers {
		if len(a) == 2 {
			given[a[0]] = a[1]
		}
	}
	for q := range s.Questions() {
		if q.Type != survey.Matrix && q.Type != survey.ImportanceMatrix {
			continue
		}
		run, last, rows := 0, "", 0
		for _, f := range s.FieldsOf(q) {
			value := given[f.Name]
			if rows++; value == "" || value != last {
				run = 0
			}
			if last = value; value != "" {
				run++
			}
			longest = max(longest, run)
		}
		whole = whole || run == rows && rows >= longMatrix
	}
	return longest, whole
}

// Same counts responses with the very same answers to many questions.
type Same struct {
	seen map[[sameSize]byte]int
}

// sameSize is the length of a hash of answers in bytes: enough to tell those of one survey apart.
const sameSize = 10

// Add counts a response.
func (s *Same) Add(r answer.Response) {
	if len(r.Answers) < manyFields || r.Withdrawn {
		return
	}
	if s.seen == nil {
		s.seen = map[[sameSize]byte]int{}
	}
	s.seen[answersOf(r)]++
}

// Of returns how many responses have the answers of r, itself included; 0 if they are too few to say anything.
func (s *Same) Of(r answer.Response) int {
	if len(r.Answers) < manyFields {
		return 0
	}
	return s.seen[answersOf(r)]
}

func answersOf(r answer.Response) [sameSize]byte {
	r.Survey, r.Private = "", nil
	if slices.ContainsFunc(r.Answers, answer.Answer.IsSealed) {
		r.Answers = answer.WithoutSealed(r.Answers)
	}
	digest := r.ContentDigest()
	return [sameSize]byte(digest[:])
}

// LooksOf says why the answers of a response look made up, given those of all others.
func LooksOf(s *survey.Survey, r answer.Response, same *Same) (looks []Look) {
	if r.Withdrawn {
		return nil
	}
	if _, whole := LongestRun(s, r); whole {
		looks = append(looks, StraightLine)
	}
	if same.Of(r) >= manySame {
		looks = append(looks, SameAnswers)
	}
	if r.Quality.Seconds > 0 && r.Quality.Seconds < len(r.Answers) {
		looks = append(looks, Hasty)
	}
	return looks
}
