// Package sarif writes what is found in questionnaires as SARIF 2.1.0, for code scanning.
package sarif

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"glasspoll/internal/advice"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
)

// The members of SARIF 2.1.0 that code scanning reads; see the OASIS standard, and "SARIF support for code scanning" in
// GitHub's documentation.
type (
	// Log is a SARIF document.
	Log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool       tool     `json:"tool"`
		ColumnKind string   `json:"columnKind"`
		Results    []result `json:"results"`
	}
	tool struct {
		Driver driver `json:"driver"`
	}
	driver struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	}
	rule struct {
		ID               string `json:"id"`
		Name             string `json:"name"`
		ShortDescription words  `json:"shortDescription"`
		FullDescription  words  `json:"fullDescription"`
		Help             words  `json:"help"`
		Default          level  `json:"defaultConfiguration"`
	}
	level struct {
		Level string `json:"level"`
	}
	words struct {
		Text string `json:"text"`
	}
	result struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      words             `json:"message"`
		Locations    []location        `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	location struct {
		Physical physical `json:"physicalLocation"`
	}
	physical struct {
		Artifact artifact `json:"artifactLocation"`
		Region   region   `json:"region"`
	}
	artifact struct {
		URI string `json:"uri"`
	}
	region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// otherRule is the rule of problems without a code.
const otherRule = "questionnaire"

// New returns a document of problems and advice, in a language. sources has the content of the files, by path, for fingerprints.
func New(language string, problems questionnaire.Problems, found []advice.Advice, sources map[string][]byte) Log {
	rules, index := allRules(language, problems)
	fingerprints := newFingerprinter(sources)
	results := []result{}
	add := func(rule, level, text, file string, line, column int) {
		results = append(results, result{
			RuleID: rule, RuleIndex: index[rule], Level: level, Message: words{text},
			Locations:    []location{{physical{artifact{fileURI(file)}, region{max(1, line), max(1, column)}}}},
			Fingerprints: map[string]string{"primaryLocationLineHash": fingerprints.line(file, line)},
		})
	}
	for _, p := range problems {
		add(cmp.Or(p.Code(), otherRule), "error", p.Message.In(language), p.File, p.Line, p.Column)
	}
	for _, a := range found {
		add(a.Code, "note", message.New("%s: %s", a.Sentence, a.Fix).In(language), a.File, a.Line, a.Column)
	}
	return Log{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []run{{tool{driver{"glasspoll", rules}}, "unicodeCodePoints", results}},
	}
}

// allRules returns the rules of the problems and of all advice, and the index of each by its code.
func allRules(language string, problems questionnaire.Problems) (rules []rule, index map[string]int) {
	index = map[string]int{}
	found := map[string]bool{}
	for _, p := range problems {
		found[cmp.Or(p.Code(), otherRule)] = true
	}
	refused := message.New("The questionnaire cannot be compiled. Nothing is built or published until it is corrected.").In(language)
	help := message.New("The message says what is wrong and, where it is obvious, the correction. 'glasspoll check' prints all of them.").In(language)
	for _, m := range append(questionnaire.Mistakes(), questionnaire.Mistake{Code: otherRule, Name: "A mistake in the questionnaire"}) {
		if !found[m.Code] {
			continue
		}
		index[m.Code] = len(rules)
		name := m.Name.Text().In(language)
		rules = append(rules, rule{
			ID: m.Code, Name: name, ShortDescription: words{name}, FullDescription: words{refused}, Help: words{help}, Default: level{"error"},
		})
	}
	for _, r := range advice.Rules() {
		index[r.Code] = len(rules)
		name := r.Name.Text().In(language)
		rules = append(rules, rule{
			ID: r.Code, Name: name, ShortDescription: words{name}, FullDescription: words{r.Help.Text().In(language)},
			Help:    words{message.New("%s A comment above the entry switches the advice off: # advice: off %s", r.Help, r.Code).In(language)},
			Default: level{"note"},
		})
	}
	return rules, index
}

// fileURI returns a path as a reference from the root of the repository, or an absolute path as a file: URI.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(path))}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
		u.Path = "/" + strings.TrimPrefix(u.Path, "/")
	}
	return u.String()
}

// fingerprinter identifies lines of files.
type fingerprinter map[string][]string // lines by path

func newFingerprinter(sources map[string][]byte) fingerprinter {
	f := fingerprinter{}
	for path, source := range sources {
		f[path] = strings.Split(string(source), "\n")
	}
	return f
}

// line returns a fingerprint of a line that stays the same while other lines come and go: a hash of its text, and the
// number of lines with this text up to it.
func (f fingerprinter) line(file string, line int) string {
	text, before := "", 0
	if all := f[file]; line >= 1 && line <= len(all) {
		text = strings.TrimSpace(all[line-1])
		for _, other := range all[:line-1] {
			if strings.TrimSpace(other) == text {
				before++
			}
		}
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s:%d", hex.EncodeToString(sum[:8]), before+1)
}
