package audit

import (
	"encoding/json"

	"glasspoll/internal/message"
)

// Finding is one disagreement. Its JSON is part of the machine form of `glasspoll results verify`: names and codes stay.
type Finding struct {
	Code     Code    `json:"code"`
	Release  int     `json:"release,omitempty"`  // number of the release
	Part     string  `json:"part,omitempty"`     // shape of the questionnaire that was answered
	Group    *string `json:"group,omitempty"`    // key of the cohort, "" for respondents without a group; nil if it is about the whole
	Question string  `json:"question,omitempty"` // field name
	Option   string  `json:"option,omitempty"`
	Response string  `json:"response,omitempty"` // id, or cursor in the log
	Counted  *int64  `json:"counted,omitempty"`  // what is stored
	Found    *int64  `json:"found,omitempty"`    // what it is compared with: the recount, a limit, or the release before

	Message message.Text `json:"message"` // all of it as a sentence
}

// Code says what kind of disagreement a finding is.
type Code string

// Who waits in a tally, compared with a recount of the same responses.
const (
	TallyReceived    Code = "tally_received"    // how many responses there are, by day, or how many were withdrawn
	TallyRespondents Code = "tally_respondents" // how many wait in a group
	TallyAnswers     Code = "tally_answers"
	TallyOption      Code = "tally_option"
	TallyBase        Code = "tally_base"     // how many were asked a question that facts decide about
	TallyRows        Code = "tally_rows"     // sums over whole rows
	TallyReleased    Code = "tally_released" // up to where respondents are in blocks
	TallyDamaged     Code = "tally_damaged"  // it cannot be decoded
)

// A release, compared with the one before and with the rules of releasing.
const (
	ReleaseNumber   Code = "release_number"
	ReleaseMinGroup Code = "release_min_group" // k has become smaller
	ReleasePart     Code = "release_part"      // who answered which questionnaire
	ReleaseBatch    Code = "release_batch"     // a block is smaller than k, or has been taken out
	ReleaseMark     Code = "release_mark"      // up to where respondents are in blocks
	ReleaseQuestion Code = "release_question"  // it may not be public
	ReleaseAnswers  Code = "release_answers"
	ReleaseOption   Code = "release_option"
	ReleaseOptions  Code = "release_options"
	ReleaseBase     Code = "release_base"
	ReleasePool     Code = "release_pool" // it was not due
	ReleaseCoded    Code = "release_coded"
	ReleaseRows     Code = "release_rows"
	ReleaseFacts    Code = "release_facts"
	ReleaseAnnulled Code = "release_annulled"
)

// What the blocks of a release have added, compared with a recount of their members.
const (
	ReleasedRespondents Code = "released_respondents"
	ReleasedAnswers     Code = "released_answers"
	ReleasedOption      Code = "released_option"
	ReleasedBase        Code = "released_base"
	ReleasedRows        Code = "released_rows"
)

// What follows from the latest release, compared with what follows from the recount, and with what visitors can read.
const (
	Figures     Code = "figures"
	PageDiffers Code = "page"
)

// What a store keeps twice, compared with one another.
const (
	ReleaseWhole    Code = "release_whole"
	IDMissing       Code = "id_missing"
	IDElsewhere     Code = "id_elsewhere"
	IDWithoutEntry  Code = "id_without_entry"
	IDContent       Code = "id_content"
	ResponseWaiting Code = "response_waiting"
	LogLength       Code = "log_length"
	MarkAlone       Code = "mark_alone"
)

// remedies says what to do about a finding, by code.
var remedies = map[Code]message.Key{
	TallyReceived: refold, TallyRespondents: refold, TallyAnswers: refold, TallyOption: refold, TallyBase: refold, TallyRows: refold,
	TallyReleased: refold, TallyDamaged: refold,
	ReleaseNumber: public, ReleaseMinGroup: public, ReleasePart: public, ReleaseBatch: public, ReleaseMark: public,
	ReleaseQuestion: public, ReleaseAnswers: public, ReleaseOption: public, ReleaseOptions: public, ReleaseBase: public,
	ReleasePool: public, ReleaseCoded: public, ReleaseRows: public, ReleaseFacts: public, ReleaseAnnulled: public,
	ReleasedRespondents: public, ReleasedAnswers: public, ReleasedOption: public, ReleasedBase: public, ReleasedRows: public,
	Figures:      public,
	PageDiffers:  "The publisher writes the file again when results change, or when it is started: if it differs again, find out who else writes there.",
	ReleaseWhole: "`glasspoll results repair` writes the latest release again, as the sum of what all have added.",
	IDMissing:    reindex, IDElsewhere: reindex,
	IDContent:       "What is stored of the response, private answers included, is not what was received: restore it from a copy of the store. `glasspoll results repair` only mends the id of a response that was withdrawn.",
	IDWithoutEntry:  "The response is gone from the log: restore it from a copy of the store. Its id stays taken.",
	ResponseWaiting: "Run the command again: if the same response still waits, look for errors in the publishing function's log.",
	MarkAlone:       "Answers that were given by invitation are lost: restore them from a copy of the store. The invitation stays used.",
	LogLength:       "The log has more entries than were appended to it, as if two stores had been mixed: compare it with a copy.",
}

const (
	refold  message.Key = "`glasspoll results repair` counts the tally again, if no answers have been deleted after a retention time."
	reindex message.Key = "`glasspoll results repair` makes the index of ids from the log again."
	public  message.Key = "The release has been public and is not changed: find the cause, such as a restored copy or a change of the store by another program, before new answers are released."
)

// Codes returns all codes with what to do about them.
func Codes() map[Code]message.Key { return remedies }

// Remedy says what to do about a finding.
func (f Finding) Remedy() message.Text { return remedies[f.Code].Text() }

// Repairable reports whether `glasspoll results repair` can mend it.
func (f Finding) Repairable() bool {
	switch remedies[f.Code] {
	case refold, reindex, remedies[ReleaseWhole]:
		return true
	}
	return false
}

// MarshalJSON adds what to do about the finding.
func (f Finding) MarshalJSON() ([]byte, error) {
	type plain Finding
	return json.Marshal(struct {
		plain
		Repairable bool         `json:"repairable"`
		Remedy     message.Text `json:"remedy"`
	}{plain(f), f.Repairable(), f.Remedy()})
}

func (f Finding) String() string { return f.Message.String() }

func (f Finding) as(code Code) Finding {
	f.Code = code
	return f
}

// in says of which part and cohort the finding is.
func (f Finding) in(shape, key string) Finding {
	f.Part, f.Group = shape, &key
	return f
}

func (f Finding) question(name string) Finding {
	f.Question = name
	return f
}

func (f Finding) option(option string) Finding {
	f.Option = option
	return f
}

func (f Finding) numbers(counted, found int64) Finding {
	f.Counted, f.Found = &counted, &found
	return f
}

// maxFindings bounds the findings of one comparison: one wrong figure makes all that follow from it wrong.
const maxFindings = 20

// findings collects what differs.
type findings []Finding

// add adds a finding, with a sentence about it. Of those beyond the bound only the first is added, as "and more".
func (f *findings) add(found Finding, format string, args ...any) {
	switch {
	case len(*f) < maxFindings:
		found.Message = message.New(format, args...)
		*f = append(*f, found)
	case len(*f) == maxFindings:
		*f = append(*f, Finding{Code: found.Code, Message: message.New("and more")})
	}
}
