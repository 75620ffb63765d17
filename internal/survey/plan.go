package survey

// Plan is how a survey is carried out, for those who approve it and for auditors. What the questionnaire says already is not
// said in it again: when answers are taken, who is asked, how the index is computed.
type Plan struct {
	Document *Document  `json:"document,omitempty"` // the plan's own entry in the quality manual; nil: the questionnaire's
	Purpose  Text       `json:"purpose"`            // Markdown, as the two below
	Target   Text       `json:"target"`
	Method   Text       `json:"method"`
	Roles    []PlanRole `json:"roles,omitempty"`
	Dates    []PlanDate `json:"dates,omitempty"` // in the order of [PlanSteps]
}

// PlanRole is what one role does for a survey.
type PlanRole struct {
	Who  Text `json:"who"` // a role or a department, never a person
	Does Text `json:"does"`
}

// PlanDate is when one step of a survey is done: on a day, from one day to another, or as When says.
type PlanDate struct {
	Step  PlanStep `json:"step"`
	From  Date     `json:"from,omitempty"`
	Until Date     `json:"until,omitempty"`
	When  Text     `json:"when,omitempty"` // in words; of a survey with periods, whose days recur
}

// PlanStep is one step of a survey.
type PlanStep string

// The steps.
const (
	DesignStep     PlanStep = "design"
	CollectionStep PlanStep = "collection"
	AnalysisStep   PlanStep = "analysis"
	MeasuresStep   PlanStep = "measures"
)

// PlanSteps lists the steps in their order.
func PlanSteps() []PlanStep {
	return []PlanStep{DesignStep, CollectionStep, AnalysisStep, MeasuresStep}
}

// PlanDocument returns the entry of the survey's plan in the quality manual: its own or, without one, the questionnaire's; nil
// if there is neither.
func (s *Survey) PlanDocument() *Document {
	if s.Plan != nil && s.Plan.Document != nil {
		return s.Plan.Document
	}
	return s.Document
}

// HasPublicPlan reports whether the survey has a plan that everybody may read: whoever may not read the results may not read
// the plan either.
func (s *Survey) HasPublicPlan() bool { return s.Plan != nil && s.Results.Audience == "public" }

// IsApproved reports whether a document says who approved it, and when.
func (d *Document) IsApproved() bool { return d.ApprovedBy != "" && d.ApprovedOn != "" }
