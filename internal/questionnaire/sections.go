package questionnaire

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

// A sectionReader reads the sections and their questions.
type sectionReader struct {
	questionReader
	nodes        []*yaml.Node
	sectionLines map[string]int // of each section's id
	sections     []survey.Section
	tooMany      bool // there are more than maxQuestions: the rest is not read
}

func (o object) sections(scales map[string]*scale, s *survey.Survey) []survey.Section {
	r := sectionReader{
		questionReader: questionReader{reader: o.reader, scales: scales, questionLines: map[string]int{}, scoring: &s.Scoring},
		nodes:          o.list("sections"),
		sectionLines:   map[string]int{},
	}
	defer r.take(r.writtenIDs())()
	for i := 0; i < len(r.nodes) && !r.tooMany; i++ {
		if r.isQuestion(i) {
			r.strayQuestion(i)
		} else {
			r.section(i)
		}
	}
	if r.tooMany {
		return r.sections
	}
	for name, sc := range scales {
		if !sc.used && !r.unknownScale && o.keys["sections"] != nil {
			o.fail(sc.name, "scale %s is never used: use it in a question (scale: %s) or remove it", quote(name), name)
		}
	}
	if r.answerable == 0 && o.has("sections") && len(o.problems) == 0 && r.sections != nil {
		o.fail(o.values["sections"], "there is no question to answer: a survey needs one besides its notes and hidden ones")
	}
	return r.sections
}

// writtenIDs lists the ids of all sections and questions.
func (r *sectionReader) writtenIDs() []string {
	ids := idsIn(r.nodes)
	for _, section := range r.nodes {
		for key, v := range pairs(target(section)) {
			if list := target(v); nearest(key, []string{"questions"}) != "" && list.Kind == yaml.SequenceNode {
				ids = append(ids, idsIn(list.Content)...)
			}
		}
	}
	return ids
}

// isQuestion reports whether an entry of the sections is a question.
func (r *sectionReader) isQuestion(i int) bool {
	return i >= 0 && i < len(r.nodes) && keyOf(r.nodes[i], "type") != nil && keyOf(r.nodes[i], "questions") == nil
}

// strayQuestion reads a question in the list of sections into the section before it. Of several in a row, it reports only the
// first.
func (r *sectionReader) strayQuestion(i int) {
	if !r.isQuestion(i - 1) {
		r.fail(r.nodes[i], "this is a question, in the list of sections: indent it, with those that follow it, so that they are below \"questions:\"")
	}
	if question, ok := r.question(r.nodes[i]); ok && len(r.sections) > 0 {
		last := &r.sections[len(r.sections)-1]
		last.Questions = append(last.Questions, question)
	}
}

func (r *sectionReader) section(i int) {
	entry := r.nodes[i]
	o := r.object(entry, &sectionMapping)
	if o.node == nil {
		return
	}
	section := survey.Section{ID: o.id(fmt.Sprintf("section_%d", i+1)), Title: o.text("title"), Intro: o.text("intro"), ShowIf: o.condition("show_if", "")}
	if line := r.sectionLines[section.ID]; line > 0 {
		at := o.values["id"]
		if at == nil {
			at = entry
		}
		r.fail(at, "section %s is given twice (first on line %d): every section needs an id of its own", quote(section.ID), line)
	}
	r.sectionLines[section.ID] = entry.Line
	if v := o.values["questions"]; v != nil && v.Tag == "!!null" && r.isQuestion(i+1) {
		delete(o.values, "questions") // they follow
	}
	for _, n := range o.list("questions") {
		if r.count++; r.count > maxQuestions {
			r.fail(n, "more than %d questions: split the survey into several files", maxQuestions)
			r.tooMany = true
			break
		}
		if question, ok := r.question(n); ok {
			section.Questions = append(section.Questions, question)
		}
	}
	r.sections = append(r.sections, section)
}
