package survey

// Access is who may answer.
type Access string

// The kinds of access.
const (
	OpenAccess    Access = "" // whoever has the survey's address; not encoded
	InvitedAccess Access = "invited"
	BothAccess    Access = "both" // the invited by their links, and whoever has the address
)

// Anonymity is what is known of those who answer by an invitation.
type Anonymity string

// The kinds of anonymity.
const (
	Undeclared   Anonymity = ""             // of a survey without invitations; not encoded
	Anonymous    Anonymity = "anonymous"    // nobody can tell whose the answers are, the operator neither
	Confidential Anonymity = "confidential" // who has answered is known, and nothing stored joins a person and an answer
	Identified   Anonymity = "identified"   // the answers are stored with the invitation
)

// HasInvitations reports whether people are invited by links of their own.
func (s *Survey) HasInvitations() bool { return s.Access != OpenAccess }

// IsUntraceable reports whether nothing that is stored may join a person and an answer.
func (s *Survey) IsUntraceable() bool {
	return s.Anonymity == Anonymous || s.Anonymity == Confidential
}

// IsOpenToAll reports whether an answer needs no invitation.
func (s *Survey) IsOpenToAll() bool { return s.Access != InvitedAccess }
