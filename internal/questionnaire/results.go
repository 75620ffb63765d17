package questionnaire

import (
	"gopkg.in/yaml.v3"

	"glasspoll/internal/survey"
)

func (o object) results() survey.Results {
	results := survey.Results{Audience: "public", MinGroup: 5, Release: "full"}
	if !o.has("results") {
		o.addCheck(func(s *survey.Survey) { o.checkEnd(s, object{}) })
		return results
	}
	ro := o.object(o.values["results"], &resultsMapping)
	results.Audience = ro.word("audience", results.Audience)
	results.MinGroup = ro.integer("min_group", results.MinGroup)
	if results.Protection = ro.word("protection", ""); results.Protection == "standard" {
		results.Protection = ""
	}
	if at := ro.values["min_group"]; results.Protection == survey.Strict && results.MinGroup < survey.StrictGroup {
		results.MinGroup = survey.StrictGroup
		if at != nil {
			o.fail(at, "min_group is at least %d with \"protection: strict\": raise it, or remove it", survey.StrictGroup)
		}
	}
	results.Closes = ro.date("closes")
	o.addCheck(func(s *survey.Survey) { o.checkEnd(s, ro) })
	results.PoolAfter = ro.integer("pool_after", 0)
	results.Release = ro.word("release", results.Release)
	results.CrossTabs = ro.crossTabs()
	return results
}

func (o object) crossTabs() []survey.CrossTab {
	var tabs []survey.CrossTab
	lines := map[survey.CrossTab]int{}
	for _, n := range o.list("crosstabs") {
		c := o.object(n, &crosstabMapping)
		if c.node == nil {
			continue
		}
		tab := survey.CrossTab{Rows: c.plain("rows"), By: c.plain("by")}
		rows, by := c.values["rows"], c.values["by"]
		if tab.Rows == "" || tab.By == "" {
			continue
		}
		if line := lines[tab]; line > 0 {
			o.fail(n, "this cross-tab is given twice (first on line %d): keep one", line)
			continue
		}
		lines[tab] = n.Line
		tabs = append(tabs, tab)
		o.addCheck(func(s *survey.Survey) {
			o.checkSegment(s, by, "by", tab.By, tab.Rows)
			o.checkCrossTabRows(s, rows, tab)
		})
	}
	return tabs
}

// checkCrossTabRows checks the item that a cross-tab breaks down.
func (o object) checkCrossTabRows(s *survey.Survey, at *yaml.Node, tab survey.CrossTab) {
	var counted []string
	part := "" // the first field of the question, if it has several
	for _, f := range s.Fields() {
		if f.Counted() {
			counted = append(counted, f.Name)
		}
		if f.Question.ID == tab.Rows && f.Name != tab.Rows && f.Part != survey.OtherPart && part == "" {
			part = f.Name
		}
	}
	f, ok := s.Field(tab.Rows)
	switch {
	case part != "":
		o.fail(at, "rows names %s, which has fields of its own: name one of them, such as '%s'", quote(tab.Rows), part)
	case !ok:
		o.fail(at, "rows names %s, which is not a question%s", quote(tab.Rows), suggest(tab.Rows, without(counted, []string{tab.By})))
	case tab.Rows == tab.By:
		o.fail(at, "rows and by both name %s: break it down by another segment", quote(tab.Rows))
	case o.failUncounted(s, at, "rows", tab.Rows):
	case !isBroken(f.Question) && !f.Counted():
		o.fail(at, "rows names %s, which has no published figures: name a choice, a rating, a number or yes_no", quote(tab.Rows))
	}
}
