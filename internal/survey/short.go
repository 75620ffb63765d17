package survey

// Short returns what results call the question: its short name or, where there is none, its label.
func (q *Question) Short(language string) string { return shortOr(q.ShortName, q.Label, language) }

// Short returns what results call the row: its short name or, where there is none, its label.
func (r *Row) Short(language string) string { return shortOr(r.ShortName, r.Label, language) }

// Short returns what results call the option: its short name or, where there is none, its label; "" for a step without
// either.
func (o *Option) Short(language string) string { return shortOr(o.ShortName, o.Label, language) }

// Short returns what results call the field: the short name of its row or option, else that of its question.
func (f Field) Short(language string) string {
	switch {
	case f.Row != nil:
		return f.Row.Short(language)
	case f.Option != nil:
		return f.Option.Short(language)
	}
	return f.Question.Short(language)
}

func shortOr(short, label Text, language string) string {
	if text := short.In(language); text != "" {
		return text
	}
	return label.In(language)
}
