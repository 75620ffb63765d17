package survey

import "strings"

// TrialPrefix begins the ids of surveys that load tests make.
const TrialPrefix = "loadtest_"

// TrialPurpose is the purpose of a survey that a load test has made, by which it is known: everything of such a survey may be removed.
const TrialPurpose = "A load test of Glasspoll sends made-up answers, and removes them together with this survey."

// IsTrial reports whether a load test has made the survey. All marks must be there, so that none of them alone, in a survey that people
// answer, lets it be removed.
func (s *Survey) IsTrial() bool {
	return strings.HasPrefix(s.ID, TrialPrefix) && s.Purpose["en"] == TrialPurpose && s.Unlisted && s.Results.Audience == "staff" && len(s.Languages) == 1
}
