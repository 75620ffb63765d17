package release

import "glasspoll/internal/invitation"

// invitedRecord is what is public of invitations, as it is stored.
type invitedRecord struct {
	Through string               `cbor:"1,keyasint,omitempty"`
	K       int                  `cbor:"2,keyasint"`
	Open    bool                 `cbor:"3,keyasint,omitempty"`
	Sum     reachRecord          `cbor:"4,keyasint"`
	Groups  []invitedGroupRecord `cbor:"5,keyasint,omitempty"`
	Every   int                  `cbor:"6,keyasint,omitempty"`
	Days    []invitedDayRecord   `cbor:"7,keyasint,omitempty"`
}

type reachRecord struct {
	_                                                                       struct{} `cbor:",toarray"`
	Issued, Withdrawn, Accepted, Bounced, Asked, Opened, Started, Completed int64
}

type invitedGroupRecord struct {
	_               struct{} `cbor:",toarray"`
	Segment, Option string
	Reach           reachRecord
}

type invitedDayRecord struct {
	_     struct{} `cbor:",toarray"`
	From  string
	Reach reachRecord
}

func invitedRecordOf(f *invitation.Facts) *invitedRecord {
	if f == nil {
		return nil
	}
	to := &invitedRecord{Through: f.Through, K: f.K, Open: f.Open, Sum: reachRecordOf(f.Sum), Every: f.Every}
	for _, g := range f.Groups {
		to.Groups = append(to.Groups, invitedGroupRecord{Segment: g.Segment, Option: g.Option, Reach: reachRecordOf(g.Reach)})
	}
	for _, d := range f.Days {
		to.Days = append(to.Days, invitedDayRecord{From: d.From, Reach: reachRecordOf(d.Reach)})
	}
	return to
}

func (r *invitedRecord) facts() *invitation.Facts {
	if r == nil {
		return nil
	}
	f := &invitation.Facts{Through: r.Through, K: r.K, Open: r.Open, Sum: r.Sum.reach(), Every: r.Every}
	for _, g := range r.Groups {
		f.Groups = append(f.Groups, invitation.Group{Segment: g.Segment, Option: g.Option, Reach: g.Reach.reach()})
	}
	for _, d := range r.Days {
		f.Days = append(f.Days, invitation.Day{From: d.From, Reach: d.Reach.reach()})
	}
	return f
}

func reachRecordOf(r invitation.Reach) reachRecord {
	return reachRecord{Issued: r.Issued, Withdrawn: r.Withdrawn, Accepted: r.Accepted, Bounced: r.Bounced, Asked: r.Asked,
		Opened: r.Opened, Started: r.Started, Completed: r.Completed}
}

func (r reachRecord) reach() invitation.Reach {
	return invitation.Reach{Issued: r.Issued, Withdrawn: r.Withdrawn, Accepted: r.Accepted, Bounced: r.Bounced, Asked: r.Asked,
		Opened: r.Opened, Started: r.Started, Completed: r.Completed}
}
