package survey

import "slices"

// A key is one name that a mapping of the format may hold. These tables are the format: the parser refuses what is not
// in them.
type key struct {
	name  string
	types []Type // of a question: the types it belongs to; nil for all
	later bool   // part of the format, but not supported yet
}

var (
	surveyKeys = []key{{name: "title"}, {name: "languages"}, {name: "id"}, {name: "intro"}, {name: "minutes"}, {name: "thanks"},
		{name: "contact"}, {name: "document"}, {name: "window"}, {name: "timezone"}, {name: "period"}, {name: "audience"},
		{name: "channels"}, {name: "scales"}, {name: "sections"}, {name: "scoring"}, {name: "results"},
		{name: "duplicates", later: true}, {name: "alerts", later: true}}
	contactKeys  = []key{{name: "name"}, {name: "email"}, {name: "phone"}}
	documentKeys = []key{{name: "number"}, {name: "version"}, {name: "approved_by"}, {name: "approved_on"}}
	windowKeys   = []key{{name: "from"}, {name: "until"}}
	audienceKeys = []key{{name: "population"}, {name: "issued"}, {name: "sample"}}
	sectionKeys  = []key{{name: "id"}, {name: "title"}, {name: "intro"}, {name: "questions"}, {name: "show_if", later: true}}
	optionKeys   = []key{{name: "id"}, {name: "label"}, {name: "score"}, {name: "exclusive"}, {name: "show_if", later: true}}
	rowKeys      = []key{{name: "id"}, {name: "label"}, {name: "weight"}}
	scoringKeys  = []key{{name: "model"}, {name: "overall"}, {name: "dimensions"}, {name: "bands"}, {name: "target"},
		{name: "response_rate_rule"}, {name: "unit"}, {name: "of"}}
	ruleKeys      = []key{{name: "floor"}, {name: "per"}, {name: "deduct"}, {name: "mode"}}
	dimensionKeys = []key{{name: "id"}, {name: "label"}, {name: "weight"}}
	bandKeys      = []key{{name: "from"}, {name: "label"}}
	resultsKeys   = []key{{name: "audience"}, {name: "min_group"}, {name: "pool_after"}, {name: "release"},
		{name: "crosstabs"}}
	crosstabKeys = []key{{name: "rows"}, {name: "by"}}
)

var (
	types       = []Type{SingleChoice, MultiChoice, Rating, NPS, Matrix, Number, ShortText, LongText, Email, Phone, DateType, YesNo, Consent, Note}
	laterTypes  = []Type{"importance_matrix", "ranking", "constant_sum", "url", "time", "hidden"}
	choices     = []Type{SingleChoice, MultiChoice}
	texts       = []Type{ShortText, LongText}
	answered    = slices.DeleteFunc(slices.Clone(types), func(t Type) bool { return t == Note })
	segmentable = []Type{SingleChoice, Rating, YesNo}

	questionKeys = []key{{name: "id"}, {name: "type"}, {name: "label"},
		{name: "help", types: answered},
		{name: "required", types: answered},
		{name: "private", types: answered},
		{name: "publish", types: answered},
		{name: "sensitive", types: answered},
		{name: "segment", types: segmentable},
		{name: "dimension", types: []Type{SingleChoice, Rating, Matrix}},
		{name: "weight", types: []Type{SingleChoice, Rating, Matrix}},
		{name: "options", types: choices},
		{name: "scale", types: []Type{SingleChoice, MultiChoice, Rating, Matrix}},
		{name: "display", types: []Type{SingleChoice, Rating, Number}},
		{name: "steps", types: []Type{Rating}},
		{name: "low", types: []Type{Rating, NPS}},
		{name: "high", types: []Type{Rating, NPS}},
		{name: "rows", types: []Type{Matrix}},
		{name: "min", types: []Type{MultiChoice, Number, DateType}},
		{name: "max", types: []Type{MultiChoice, Number, DateType}},
		{name: "step", types: []Type{Number}},
		{name: "unit", types: []Type{Number}},
		{name: "min_length", types: texts},
		{name: "max_length", types: texts},
		{name: "pattern", types: texts},
		{name: "show_if", later: true},
		{name: "check", later: true},
		{name: "other", types: choices, later: true},
		{name: "shuffle", types: choices, later: true},
		{name: "anchor", types: choices, later: true},
	}

	displays = map[Type][]string{
		SingleChoice: {"radio", "dropdown", "buttons"},
		Rating:       {"stars", "faces", "numbers"},
		Number:       {"box"},
	}
	laterDisplays = map[Type][]string{Number: {"slider"}}

	models = []string{PercentOfMax, Mean, Graded10, WeightedCount, MeanOfUnits}

	// keywords are the words of expressions, which no question may be called.
	keywords = []string{"and", "or", "not", "in", "contains", "answered", "score", "count", "channel", "language", "true", "false", "null"}
	// reservedIDs are addresses of a site that no survey may take.
	reservedIDs = []string{"api", "assets", "thanks", "results"}
)

// calledElsewhere is what other tools, and people, call a key or type of the format.
var calledElsewhere = map[string][]string{
	"name": {"label", "title", "id"}, "text": {"label", "short_text"}, "question": {"label"}, "caption": {"label"}, "heading": {"title", "label"},
	"description": {"help", "intro"}, "hint": {"help"}, "introduction": {"intro"}, "thank_you": {"thanks"}, "thankyou": {"thanks"},
	"choices": {"options"}, "answers": {"options"}, "items": {"rows", "options"}, "columns": {"scale"}, "pages": {"sections"}, "groups": {"sections"},
	"mandatory": {"required"}, "points": {"score"}, "value": {"score"}, "locale": {"languages"}, "locales": {"languages"}, "language": {"languages"},
	"lang": {"languages"}, "tz": {"timezone"}, "regex": {"pattern"}, "minimum": {"min"}, "maximum": {"max"}, "end": {"until"}, "start": {"from"}, "to": {"until"},
	"标题": {"title", "label"}, "题目": {"label"}, "选项": {"options"}, "必填": {"required"}, "类型": {"type"}, "分数": {"score"}, "语言": {"languages"}, "问题": {"questions"},
	"radio": {"single_choice", "radio"}, "select": {"single_choice", "dropdown"}, "select_one": {"single_choice"}, "dropdown": {"single_choice", "dropdown"}, "choice": {"single_choice"},
	"single": {"single_choice"}, "checkbox": {"multi_choice"}, "checkboxes": {"multi_choice"}, "select_multiple": {"multi_choice"}, "multiple": {"multi_choice"},
	"multiple_choice": {"multi_choice"}, "multi": {"multi_choice"}, "stars": {"stars", "rating"}, "likert": {"rating"}, "grid": {"matrix"}, "table": {"matrix"},
	"textarea": {"long_text"}, "comment": {"long_text"}, "string": {"short_text"}, "integer": {"number"}, "numeric": {"number"}, "tel": {"phone"}, "mail": {"email"},
	"boolean": {"yes_no"}, "单选": {"single_choice"}, "多选": {"multi_choice"}, "评分": {"rating"}, "矩阵": {"matrix"}, "量表": {"rating"},
}
