package cases

import (
	"strings"
	"time"

	"glasspoll/internal/message"
)

// WasShown is the step that notes that a role was shown the contact data of the respondent. Its reason says why.
const WasShown Step = "contact_shown"

// ErrNoResponse means that a case has no answers: they have been withdrawn, or it was added by hand.
var ErrNoResponse error = message.Key("it has no answers, so no contact data: they have been withdrawn, or it was added by hand")

// ShowContact notes that a role is shown the contact data of the respondent, and why. It is stored before they are shown.
func (c *Case) ShowContact(by, reason string, at time.Time) error {
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	switch {
	case c.Withdrawn || c.Response == "":
		return ErrNoResponse
	case by == "":
		return message.Errorf("the role that is shown the contact data is missing: say --by ROLE")
	}
	if err := checkRole(by); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	c.Changes = append(c.Changes, Change{At: at.UTC(), By: by, What: WasShown, Reason: reason})
	return nil
}
