package results

import "glasspoll/internal/stats"

// protectionJSON says how small groups are protected: by k, strictly, or not at all.
func (d *document) protectionJSON() string {
	switch s := d.survey; {
	case s.K() <= 1:
		return "none"
	case s.Results.Protection != "":
		return s.Results.Protection
	}
	return "standard"
}

// moreJSON returns what a period has only sometimes.
func (d *document) moreJSON() object {
	p, v := d.period, object{}
	if len(p.Removed) > 0 {
		v = append(v, member{"removed", questionsJSON(p.Removed)})
	}
	if p.Weighted != nil {
		v = append(v, member{"weighted", weightedJSON(p.Weighted)})
	}
	if both := p.EarlyLate; both != nil {
		v = append(v, member{"early_late", object{{"early", waveJSON(&both.Early)}, {"late", waveJSON(&both.Late)}, {"test", testJSON(&both.Test)}}})
	}
	if all := p.Annulments(); len(all) > 0 {
		annulled := []object{}
		for _, a := range all {
			annulled = append(annulled, object{{"release", a.Release}, {"respondents", a.Respondents}, {"date", a.Date}, {"reason", a.Reason}})
		}
		v = append(v, member{"annulled", annulled})
	}
	if len(p.Problems) > 0 {
		problems := []object{}
		for _, x := range p.Problems {
			problem := object{{"kind", x.Kind}}
			if x.N > 0 || x.Of > 0 {
				problem = append(problem, object{{"n", x.N}, {"of", x.Of}}...)
			}
			if x.Segment != "" {
				problem = append(problem, object{{"segment", x.Segment}, {"option", x.Option}}...)
			}
			problems = append(problems, problem)
		}
		v = append(v, member{"problems", problems})
	}
	rates := object{}
	for _, c := range p.Channels {
		if c.Rate != nil {
			rates = append(rates, member{c.Name, object{{"issued", c.Issued}, {"rate", number(c.Rate)}}})
		}
	}
	if len(rates) > 0 {
		v = append(v, member{"channel_rates", rates})
	}
	return v
}

func weightedJSON(w *stats.Weighted) object {
	margins := object{}
	for _, m := range w.Margins {
		shares := object{}
		for _, s := range m.Shares {
			shares = append(shares, member{s.Option.ID, object{{"population", decimal(s.Population)}, {"unweighted", decimal(s.Unweighted)}, {"weighted", decimal(s.After)}}})
		}
		margins = append(margins, member{m.Segment.Name, shares})
	}
	var score any
	if w.Score != nil {
		score = decimal(*w.Score)
	}
	return object{{"respondents", w.Respondents}, {"excluded", w.Excluded}, {"effective_n", decimal(w.EffectiveN)}, {"design_effect", decimal(w.DesignEffect)},
		{"least", decimal(w.Least)}, {"most", decimal(w.Most)}, {"capped", w.Capped}, {"score", score}, {"interval", interval(w.Interval)},
		{"method", nullIfEmpty(w.Method)}, {"margins", margins}}
}

func waveJSON(w *stats.Wave) object {
	return object{{"since", w.Since}, {"until", w.Until}, {"n", w.N}, {"mean", number(w.Mean)}}
}

// comparisonsJSON returns the tests of a page, which are corrected together, and of a group those with the rest, which are too.
func (d *document) comparisonsJSON(t *stats.Tests, rest *stats.RestTests) object {
	v := object{{"n", t.N}}
	if t.Index != nil {
		v = append(v, member{"index", testJSON(t.Index)})
	}
	byField := func(tests map[string]*stats.Test) object {
		all := object{}
		for i := range d.period.Items {
			name := d.period.Items[i].Field.Name
			if test := tests[name]; test != nil {
				all = append(all, member{name, testJSON(test)})
			}
		}
		return all
	}
	if len(t.Changes) > 0 {
		v = append(v, member{"changes", byField(t.Changes)})
	}
	if len(t.Standing) > 0 {
		v = append(v, member{"standing", byField(t.Standing)})
	}
	if rest != nil {
		if v = append(v, member{"n_rest", rest.N}); rest.Index != nil {
			v = append(v, member{"rest", testJSON(rest.Index)})
		}
		if len(rest.Items) > 0 {
			v = append(v, member{"items_rest", byField(rest.Items)})
		}
	}
	groups := object{}
	for i := 0; i < len(t.Groups); {
		segment, options := t.Groups[i].Segment.Name, object{}
		for ; i < len(t.Groups) && t.Groups[i].Segment.Name == segment; i++ {
			options = append(options, member{t.Groups[i].Option.ID, testJSON(&t.Groups[i].Test)})
		}
		groups = append(groups, member{segment, options})
	}
	if len(groups) > 0 {
		v = append(v, member{"groups", groups})
	}
	return v
}

func testJSON(t *stats.Test) object {
	return object{{"difference", decimal(t.Difference)}, {"interval", interval(t.Interval)}, {"p", decimal(t.P)}, {"adjusted_p", decimal(t.Adjusted)},
		{"effect", decimal(t.Effect)}, {"size", t.Size}, {"result", t.Result}}
}
