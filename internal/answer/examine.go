package answer

import "glasspoll/internal/survey"

// Examine works out the state of a form as it was filled in so far: what cannot be read counts as unanswered, what is
// beyond its limits as answered. The page's script does the same.
func Examine(s *survey.Survey, typed map[string][]string, channel, language string) State {
	values, _ := readAll(s, typed)
	return Look(s, values, channel, language)
}
