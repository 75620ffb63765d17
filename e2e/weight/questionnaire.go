package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// A question is one of the questionnaire that both sites have.
type question struct {
	kind    string // rating, one, many, matrix, nps, line, text
	label   string
	options []string
	rows    []string
}

var steps = []string{"Very satisfied", "Satisfied", "Neutral", "Dissatisfied", "Very dissatisfied"}

// questionnaire is a typical satisfaction survey: 30 questions, 18 of which are ratings in five steps.
func questionnaire() (title string, sections []section) {
	ratings := func(labels ...string) (all []question) {
		for _, label := range labels {
			all = append(all, question{kind: "rating", label: label, options: steps})
		}
		return all
	}
	return "Customer satisfaction survey", []section{
		{"The product", append(ratings(
			"How satisfied are you with the product as a whole?", "How satisfied are you with its quality?", "How satisfied are you with its range?",
			"How satisfied are you with how easy it is to use?", "How satisfied are you with its packaging?", "How satisfied are you with its price?"),
			question{kind: "one", label: "How long have you been our customer?", options: []string{"Less than a year", "One to three years", "Three to five years", "More than five years"}},
			question{kind: "many", label: "What do you use it for?", options: []string{"At work", "At home", "For a friend", "For a club", "Something else"}},
		)},
		{"Delivery", append(ratings(
			"How satisfied are you with how fast we deliver?", "How satisfied are you with how we keep to the date?", "How satisfied are you with the carrier?",
			"How satisfied are you with the state in which it arrived?", "How satisfied are you with what you were told on the way?"),
			question{kind: "one", label: "Where was it delivered to?", options: []string{"To my home", "To my work", "To a shop", "To a parcel box"}},
			question{kind: "one", label: "When did you last order?", options: []string{"This week", "This month", "This year", "Before"}},
			question{kind: "many", label: "What mattered to you?", options: []string{"Speed", "Price", "A fixed hour", "Little waste"}},
		)},
		{"Service", append(ratings(
			"How satisfied are you with how friendly we are?", "How satisfied are you with how competent we are?", "How satisfied are you with how fast we answer?",
			"How satisfied are you with how we solved your problem?", "How satisfied are you with our opening hours?", "How satisfied are you with our web site?", "How satisfied are you with our invoices?"),
			question{kind: "matrix", label: "How satisfied are you with these ways to reach us?", options: steps, rows: []string{"Telephone", "E-mail", "Chat", "In the shop", "By post"}},
			question{kind: "many", label: "How did you reach us?", options: []string{"Telephone", "E-mail", "Chat", "In the shop", "Not at all"}},
			question{kind: "one", label: "Was your problem solved?", options: []string{"Yes, at once", "Yes, later", "In part", "No", "I had none"}},
		)},
		{"All in all", []question{
			{kind: "nps", label: "How likely are you to recommend us to a friend or colleague?"},
			{kind: "line", label: "In which town do you live?"},
			{kind: "text", label: "What did we do well?"},
			{kind: "text", label: "What should we do better?"},
		}},
	}
}

type section struct {
	title     string
	questions []question
}

// glasspoll returns the questionnaire in the format of Glasspoll.
func glasspoll() ([]byte, error) {
	type any = map[string]interface{}
	numbered := func(labels []string, scored bool) (all []any) {
		for i, label := range labels {
			option := any{"id": fmt.Sprintf("o%d", i+1), "label": label}
			if scored {
				option["score"] = len(labels) - i
			}
			all = append(all, option)
		}
		return all
	}
	title, parts := questionnaire()
	var sections []any
	n := 0
	for _, part := range parts {
		var questions []any
		for _, q := range part.questions {
			n++
			one := any{"id": fmt.Sprintf("q%d", n), "label": q.label}
			switch q.kind {
			case "rating":
				one["type"], one["scale"] = "rating", "satisfaction"
			case "one":
				one["type"], one["options"] = "single_choice", numbered(q.options, false)
			case "many":
				one["type"], one["options"] = "multi_choice", numbered(q.options, false)
			case "matrix":
				one["type"], one["scale"], one["rows"] = "matrix", "satisfaction", numbered(q.rows, false)
			case "nps":
				one["type"], one["low"], one["high"] = "nps", "Not at all likely", "Extremely likely"
			case "line":
				one["type"] = "short_text"
			case "text":
				one["type"] = "long_text"
			}
			questions = append(questions, one)
		}
		sections = append(sections, any{"title": part.title, "questions": questions})
	}
	return yaml.Marshal(any{"title": title, "languages": []string{"en"}, "scales": any{"satisfaction": numbered(steps, true)}, "sections": sections})
}

// surveyJS returns the questionnaire in the format of SurveyJS, on one page, as Glasspoll shows it.
func surveyJS() ([]byte, error) {
	type any = map[string]interface{}
	values := func(labels []string) (all []any) {
		for i, label := range labels {
			all = append(all, any{"value": fmt.Sprintf("o%d", i+1), "text": label})
		}
		return all
	}
	title, parts := questionnaire()
	var panels []any
	n := 0
	for _, part := range parts {
		var elements []any
		for _, q := range part.questions {
			n++
			one := any{"name": fmt.Sprintf("q%d", n), "title": q.label}
			switch q.kind {
			case "rating":
				one["type"], one["rateValues"] = "rating", values(q.options)
			case "one":
				one["type"], one["choices"] = "radiogroup", values(q.options)
			case "many":
				one["type"], one["choices"] = "checkbox", values(q.options)
			case "matrix":
				one["type"], one["columns"], one["rows"] = "matrix", values(q.options), values(q.rows)
			case "nps":
				one["type"], one["rateMin"], one["rateMax"] = "rating", 0, 10
				one["minRateDescription"], one["maxRateDescription"] = "Not at all likely", "Extremely likely"
			case "line":
				one["type"] = "text"
			case "text":
				one["type"] = "comment"
			}
			elements = append(elements, one)
		}
		panels = append(panels, any{"type": "panel", "name": strings.ToLower(part.title), "title": part.title, "elements": elements})
	}
	return json.Marshal(any{"title": title, "pages": []any{{"name": "all", "elements": panels}}})
}
