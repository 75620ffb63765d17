// Package probe says what a role of a deployment on AWS may and may not do, as the function that has the role has tried it out,
// and judges it. internal/cloud makes the calls.
package probe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

// What a role is wanted to do with a call, and what it does.
const (
	Allowed = "allowed"
	Denied  = "denied"
	Unknown = "unknown" // the call came to no answer that says so: a network or a name is wrong, or AWS has a fault
)

// CheckInTransaction is the name of the probe of a condition check inside a transaction. AWS does not document whether
// dynamodb:LeadingKeys is set for it. If it is denied, the parameter KeysOfChecks of the template must be off.
const CheckInTransaction = "check-in-transaction"

// A Probe is one call that was tried out. It has written nothing, and read nothing that anybody has stored.
type Probe struct {
	Name      string `json:"name"`                // its own among those of a function, and the same in every version
	Statement string `json:"statement,omitempty"` // Sid of the statement that allows the call; "" if none shall
	Action    string `json:"action"`              // of IAM
	Key       string `json:"key"`                 // partition key, name of a file or of whatever else is asked for
	Want      string `json:"want"`
	Got       string `json:"got"`
	Detail    string `json:"detail,omitempty"` // error of AWS

	// Undocumented says that AWS does not document that the condition that denies the call is evaluated for it. The functions
	// make no such call.
	Undocumented bool `json:"undocumented,omitempty"`
}

// Asked reports whether a function's event asks for its probes: it is {"probe": true}, and nothing else. Events of an API, of a
// stream and of schedules have other keys, so no visitor can make one.
func Asked(event []byte) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(event, &fields) == nil && len(fields) == 1 && bytes.Equal(fields["probe"], []byte("true"))
}

// Event is the event that asks for a function's probes.
func Event() []byte { return []byte(`{"probe":true}`) }

// A Reply is what a function has found out, or why it has not replied.
type Reply struct {
	Function string
	Probes   []Probe
	Err      error
}

// ReplyOf reads the reply of a function. An older function does not know the event, and replies with something else.
func ReplyOf(function string, payload []byte, err error) Reply {
	r := Reply{Function: function, Err: err}
	if err == nil {
		r.Err = json.Unmarshal(payload, &r.Probes)
	}
	return r
}

// A Verdict is what follows from the replies of all functions.
type Verdict struct {
	Rows []Row // those that are not as wanted first, then by function and name

	Silent  []Reply // functions that have told nothing, or nothing of one kind: of them it is not known whether they work
	Wrong   int     // probes that are not as wanted
	Unclear int     // probes of which it is not known
	Notes   int     // probes that are allowed and should not be, which AWS does not promise to deny

	// ChecksRefused says that [CheckInTransaction] was denied.
	ChecksRefused bool
}

// Row is one probe of a function.
type Row struct {
	Function string
	Probe
	Kind Kind
}

// Kind says what a probe means.
type Kind int

// The kinds, the worst first.
const (
	Wrong Kind = iota
	Unclear
	Note
	Fine
)

// Passed reports whether everything is as wanted. What is not known has not passed.
func (v Verdict) Passed() bool { return v.Wrong == 0 && v.Unclear == 0 && len(v.Silent) == 0 }

// Judge makes a verdict of the replies of all functions.
func Judge(replies []Reply) Verdict {
	var v Verdict
	for _, r := range replies {
		if r.Err != nil || !tells(r.Probes, Allowed) || !tells(r.Probes, Denied) {
			v.Silent = append(v.Silent, r)
		}
		for _, p := range r.Probes {
			row := Row{r.Function, p, kindOf(p)}
			switch row.Kind {
			case Wrong:
				v.Wrong++
			case Unclear:
				v.Unclear++
			case Note:
				v.Notes++
			}
			v.ChecksRefused = v.ChecksRefused || p.Name == CheckInTransaction && p.Got == Denied
			v.Rows = append(v.Rows, row)
		}
	}
	slices.SortStableFunc(v.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Function, b.Function), cmp.Compare(a.Name, b.Name))
	})
	return v
}

// tells reports whether something is wanted of the probes: a function that wants nothing has told nothing.
func tells(probes []Probe, want string) bool {
	return slices.ContainsFunc(probes, func(p Probe) bool { return p.Want == want })
}

func kindOf(p Probe) Kind {
	wanted := p.Want == Allowed || p.Want == Denied
	switch {
	case wanted && p.Got == p.Want:
		return Fine
	case !wanted || p.Got != Allowed && p.Got != Denied:
		return Unclear
	case p.Undocumented && p.Got == Allowed:
		return Note
	}
	return Wrong
}
