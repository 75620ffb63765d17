package archive

import (
	"maps"
	"slices"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// contents is the number of the list of files that an archive must have: see [checker.checkContents]. Archives of earlier
// versions have 0: only what their manifest lists is asked of them.
const contents = 1

func reportName(language string) string { return "report." + language + ".html" }
func planName(language string) string   { return "plan." + language + ".html" }

func codebookNames(language string) []string {
	return []string{"codebook." + language + ".csv", "codebook." + language + ".html"}
}

// checkContents finds the files that the archive must have and lacks: those that its manifest lists and, of an archive of this
// version, all that belong to its questionnaire, even if somebody has taken them out of manifest and checksums too. Of those it also
// finds the files that the manifest does not list.
func (c *checker) checkContents(m *Manifest, s *survey.Survey) {
	wanted := []string{answersFile, tallyFile}
	for _, f := range m.Files {
		wanted = append(wanted, f.Name)
	}
	if m.Contents > 0 {
		wanted = append(wanted, numbersFile)
		for _, language := range s.Languages {
			wanted = append(wanted, reportName(language))
			wanted = append(wanted, codebookNames(language)...)
			if s.Plan != nil {
				wanted = append(wanted, planName(language))
			}
		}
	}
	said, listed := map[string]bool{}, map[string]bool{manifestFile: true, sumsFile: true}
	for _, f := range m.Files {
		listed[f.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		if m.Contents > 0 && !listed[name] {
			c.findf("%s has been added", name)
		}
	}
	for _, name := range wanted {
		if c.files[name] == nil && !said[name] {
			c.findf("%s is missing", name)
			said[name] = true
		}
	}
}

// gapsOf says what the records of a survey lack that an auditor asks for. None of it is a fault of the archive.
func gapsOf(m *Manifest, s *survey.Survey, hasSource bool, n *Numbers) (gaps []message.Text) {
	add := func(missing bool, key message.Key) {
		if missing {
			gaps = append(gaps, key.Text())
		}
	}
	doc := s.Document
	add(!hasSource, "the questionnaire as YAML: it was not at hand when the archive was written")
	add(s.Plan == nil, "a plan: the questionnaire has no 'plan'")
	add(doc == nil, "the document's number: the questionnaire has no 'document'")
	add(doc != nil && !doc.IsApproved(), "the approval of the questionnaire: its document has no approved_by and approved_on")
	add(s.Plan != nil && s.Plan.Document != nil && !s.Plan.Document.IsApproved(), "the approval of the plan: its document has no approved_by and approved_on")
	add(n != nil && n.Issued == 0, "how many questionnaires were issued: 'audience' does not say it, so there is no response rate")
	add(m.Contents == 0, "the numbers of issued and received questionnaires: an earlier version has written the archive")
	add(m.Releases == 0, "a release: nothing of this period has been published")
	add(m.Deleted > 0, "some of the answers: they were deleted after a retention time")
	return gaps
}
