package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"glasspoll/internal/advice"
	"glasspoll/internal/console"
)

// The members of SARIF 2.1.0 that code scanning reads; see the OASIS standard, and "SARIF support for code scanning" in
// GitHub's documentation.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		Name             string       `json:"name"`
		ShortDescription sarifMessage `json:"shortDescription"`
		FullDescription  sarifMessage `json:"fullDescription"`
		Help             sarifMessage `json:"help"`
		Default          sarifLevel   `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// problemRule is the rule of every problem: problems have sentences, not codes.
const problemRule = "questionnaire"

func (f findings) sarif(w io.Writer) error {
	rules := []sarifRule{{
		ID: problemRule, Name: "A mistake in the questionnaire",
		ShortDescription: sarifMessage{"A mistake in the questionnaire"},
		FullDescription:  sarifMessage{"The questionnaire cannot be compiled. Nothing is built or published until it is mended."},
		Help:             sarifMessage{"The message says what is wrong and, where one is obvious, the mend. \"glasspoll check\" prints all of them."},
		Default:          sarifLevel{"error"},
	}}
	index := map[string]int{}
	for _, r := range advice.Rules() {
		index[r.Code] = len(rules)
		rules = append(rules, sarifRule{
			ID: r.Code, Name: r.Name, ShortDescription: sarifMessage{r.Name}, FullDescription: sarifMessage{r.Help},
			Help:    sarifMessage{r.Help + " A comment above the entry switches the advice off: # advice: off " + r.Code},
			Default: sarifLevel{"note"},
		})
	}
	prints := f.fingerprints()
	results := []sarifResult{}
	add := func(rule string, at int, level, message, file string, line, column int) {
		results = append(results, sarifResult{
			RuleID: rule, RuleIndex: at, Level: level, Message: sarifMessage{message},
			Locations:    []sarifLocation{{sarifPhysical{sarifArtifact{fileURI(file)}, sarifRegion{max(1, line), max(1, column)}}}},
			Fingerprints: map[string]string{"primaryLocationLineHash": prints(file, line)},
		})
	}
	for _, p := range f.problems {
		add(problemRule, 0, "error", p.Message, p.File, p.Line, p.Column)
	}
	for _, a := range f.advice {
		add(a.Code, index[a.Code], "note", a.Sentence+": "+a.Fix, a.File, a.Line, a.Column)
	}
	return console.JSON(w, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{sarifDriver{"glasspoll", rules}}, "unicodeCodePoints", results}},
	})
}

// fileURI is a path as a reference from the root of the repository, or for an absolute path a file: address.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(path))}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
		u.Path = "/" + strings.TrimPrefix(u.Path, "/")
	}
	return u.String()
}

// fingerprints makes a mark for a line that stays the same while other lines come and go: a hash of what the line says,
// and how many lines above it say the same.
func (f findings) fingerprints() func(file string, line int) string {
	lines := map[string][]string{}
	for _, file := range f.files {
		lines[file.Path] = strings.Split(string(file.Source), "\n")
	}
	return func(file string, line int) string {
		text, before := "", 0
		if all := lines[file]; line >= 1 && line <= len(all) {
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
}
