// Package answer checks a submission, from a form or as JSON, against its questionnaire. The result is a [Response], or
// problems by question and code. It is pure.
package answer

import "slices"

// Response is one respondent's checked answers, as they are stored.
type Response struct {
	ID       string   `json:"id"` // UUID, lower case: see [IDOf]
	Survey   string   `json:"survey"`
	Version  string   `json:"version"` // of the questionnaire that was answered
	Period   string   `json:"period"`
	Language string   `json:"language"`
	Channel  string   `json:"channel,omitempty"`
	Answers  []Answer `json:"answers"`           // in the questionnaire's order; unanswered fields are absent
	Private  []Answer `json:"private,omitempty"` // kept apart: never counted or shown, and exported only on request

	Quality Quality `json:"quality,omitzero"` // how it came

	// Keyed is the digest of the answers as they came, by a key that the client alone knows; of answers that the handler has sealed.
	Keyed []byte `json:"keyed,omitempty"`

	// Withdrawn marks a tombstone: the respondent has withdrawn the answers. Only those to segment questions are kept, so
	// that the figures that they are removed from are known.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Tombstone returns what is kept of a response that is erased: what identifies it, the flags that say whether rules hold it
// back, and the answers whose fields are in keep.
func (r Response) Tombstone(keep []string) Response {
	t := Response{ID: r.ID, Survey: r.Survey, Version: r.Version, Period: r.Period, Quality: Quality{Flags: r.Quality.Flags}, Withdrawn: true}
	for _, a := range r.Answers {
		if slices.Contains(keep, a.Field()) {
			t.Answers = append(t.Answers, a)
		}
	}
	return t
}

// Answer is one field's value in canonical form: the field's name, then an option id, several in the questionnaire's
// order, a decimal, "yes" or "no", a date, or text. It is a JSON array of strings.
type Answer []string

// Field returns the name of the field that was answered.
func (a Answer) Field() string { return a[0] }

// Values returns the answer's values, at least one.
func (a Answer) Values() []string { return a[1:] }

// A Problem is one mistake in a submission. Question is the question's id, and Field the posted name ("q.row"), beside which
// a page shows the message. Both are "" for the submission as a whole.
type Problem struct {
	Question string
	Field    string
	Code     Code
	Args     []any // for the wording: name, value, …
}

// IsLimit reports whether the code is that of an answer beyond a limit that an author sets, who may give it a message.
func (c Code) IsLimit() bool {
	return slices.Contains([]Code{TooFew, TooMany, TooSmall, TooLarge, NotAStep, TooShort, TooLong, BadPattern, TooEarly, TooLate}, c)
}

// Code says what is wrong. Its sentence in a respondent's language is the wording "problem.CODE".
type Code string

// The codes.
const (
	Required     Code = "required"
	NotAnOption  Code = "not_an_option"
	OneOnly      Code = "one_only"  // several values where one is asked
	Exclusive    Code = "exclusive" // an exclusive option together with others
	TooFew       Code = "too_few"   // options; args min
	TooMany      Code = "too_many"  // options; args max
	NotANumber   Code = "not_a_number"
	TooSmall     Code = "too_small"  // args min
	TooLarge     Code = "too_large"  // args max
	NotAStep     Code = "not_a_step" // args step
	TooShort     Code = "too_short"  // args min, length
	TooLong      Code = "too_long"   // args max, length
	BadPattern   Code = "pattern"
	BadEmail     Code = "email"
	BadPhone     Code = "phone"
	BadDate      Code = "date"
	TooEarly     Code = "too_early" // args min
	TooLate      Code = "too_late"  // args max
	NotYesNo     Code = "not_yes_no"
	MustConsent  Code = "must_consent"
	WrongType    Code = "wrong_type" // JSON of the wrong type
	UnknownField Code = "unknown_field"
	NamedTwice   Code = "named_twice" // JSON that has one name twice
	BadID        Code = "bad_id"
	BadVersion   Code = "bad_version" // no such version of the questionnaire
	BadLanguage  Code = "bad_language"
	BadChannel   Code = "bad_channel"
	BadText      Code = "bad_text" // not UTF-8
	Empty        Code = "empty"    // nothing answered at all
	BadURL       Code = "url"
	BadTime      Code = "time"
	OtherUnmeant Code = "other_unmeant" // a text for "other", but another choice
	RankTwice    Code = "rank_twice"
	RankGap      Code = "rank_gap"     // ranks do not run from 1 without gaps
	RankMissing  Code = "rank_missing" // args max
	WrongSum     Code = "wrong_sum"    // args total, sum
	Failed       Code = "failed"       // the author's own check; args message
	BadSeal      Code = "bad_seal"     // not sealed to the keys of this version, not a whole sealed answer, or without an id
	KeyNeeded    Code = "key_needed"   // the id is not a key, and something is to be sealed
)

// The codes of a submission as a whole, or of a request.
const (
	Closed       Code = "closed"         // the window is over; args date
	NotOpenYet   Code = "not_open_yet"   // the window has not begun; args date
	NotStored    Code = "not_stored"     // the store did not answer: try again
	Unstorable   Code = "unstorable"     // the store cannot, before somebody has mended it; args contact
	Unavailable  Code = "unavailable"    // something else that the store did not answer: try again
	Busy         Code = "busy"           // too many answers from one range of addresses: wait, and send again; args seconds
	Working      Code = "working"        // what the script says meanwhile; args percent
	Conflict     Code = "conflict"       // the id is taken by other answers
	Withdrawn    Code = "withdrawn"      // the id is that of answers that have been erased
	NotFound     Code = "not_found"      // no such page or survey
	NotPublic    Code = "not_public"     // results that are for fewer people
	BadMethod    Code = "bad_method"     // not a method of this address
	TooMuch      Code = "too_much"       // the body is too large
	BadMediaType Code = "bad_media_type" // neither a form nor JSON
	BadBody      Code = "bad_body"       // not valid in its media type
	Internal     Code = "internal"       // a fault of the program, or one that somebody must mend: trying again does not help
)

// The codes of taking answers back.
const (
	ReceiptUnknown Code = "receipt_unknown" // of no answer to this survey
	NotTakenBack   Code = "not_taken_back"  // the store did not answer: try again
	NotErasable    Code = "not_erasable"    // the store cannot, before somebody has mended it; args contact
	BusyTakingBack Code = "busy_taking"     // too many from one range of addresses: wait, and try again; args seconds
)

// The codes of invitations.
const (
	InvitedOnly         Code = "invited_only"         // an answer without an invitation, where one is needed
	InvitationUnknown   Code = "invitation_unknown"   // no such invitation
	InvitationEarly     Code = "invitation_early"     // args date
	InvitationExpired   Code = "invitation_expired"   // args date
	InvitationWithdrawn Code = "invitation_withdrawn" // by whoever invited
	InvitationUsed      Code = "invitation_used"      // there is an answer already
	StopMessages        Code = "stop_messages"        // asks whether the invited want no more messages
	MessagesStopped     Code = "messages_stopped"     // and says that they get none
	NotAnonymous        Code = "not_anonymous"        // the device cannot answer anonymously, and nobody has chosen the other way
	TokenUnknown        Code = "token_unknown"        // not a signature of this survey
	TokenLate           Code = "token_late"           // a signature of a period that is over
	CookieNeeded        Code = "cookie_needed"        // the invitation was lost on the way, because the browser keeps no cookie
)
