package records

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/export"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// copyFormat is the format of copies: both sides are of one version of the program, or neither knows the other.
const copyFormat = 1

// copyLine is one line of a copy, which is JSON. The first has the format and the questionnaire in force, further ones one version
// of the questionnaire or one response each.
type copyLine struct {
	Format     int              `json:"format,omitempty"`
	Definition json.RawMessage  `json:"definition,omitempty"`
	Response   *answer.Response `json:"response,omitempty"`
	Arrived    time.Time        `json:"arrived,omitzero"`
	Reviewed   bool             `json:"reviewed,omitempty"` // in the first line: some responses have a review
	Review     string           `json:"review,omitempty"`   // of the response
}

// WriteCopy writes all that an export needs, for [ReadCopy]: it makes an export elsewhere than where the store is open.
func (n *Snapshot) WriteCopy(ctx context.Context, w io.Writer) error {
	review, err := n.Review(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(copyLine{Format: copyFormat, Definition: n.Survey.Encode(), Reviewed: review != nil}); err != nil {
		return err
	}
	for _, s := range n.Census.Versions() {
		if err := lines.Encode(copyLine{Definition: s.Encode()}); err != nil {
			return err
		}
	}
	for entry, err := range n.Entries(ctx) {
		if err != nil {
			return err
		}
		line := copyLine{Response: &entry.Response, Arrived: entry.Arrived}
		if review != nil && !entry.Response.Withdrawn {
			line.Review = review(entry.Response, entry.Arrived)
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// Copy is a snapshot that was written with [Snapshot.WriteCopy].
type Copy struct {
	Survey   *survey.Survey // the questionnaire in force
	Census   *export.Census
	Versions map[string]*survey.Survey

	from     io.ReaderAt
	size     int64
	reviewed bool
	reviews  string // of the response that was yielded last
	change   func(s *survey.Survey, r answer.Response) answer.Response
}

// ReadCopy reads a copy, and each response as change returns it, given the questionnaire that was answered.
func ReadCopy(ctx context.Context, from io.ReaderAt, size int64, change func(s *survey.Survey, r answer.Response) answer.Response) (*Copy, error) {
	c := &Copy{Census: export.NewCensus(), Versions: map[string]*survey.Survey{}, from: from, size: size, change: change}
	for entry, err := range c.Entries(ctx) {
		if err != nil {
			return nil, err
		}
		c.Census.Add(c.Versions[entry.Response.Version], entry.Response, entry.Arrived)
	}
	if c.Survey == nil {
		return nil, errCutOff
	}
	return c, nil
}

var errCutOff error = message.Key("the answers were cut off on the way: try again")

// Review returns what is known of the reviews of responses, as [Snapshot.Review] does. It is about the entry that was yielded last.
func (c *Copy) Review() func(r answer.Response, arrived time.Time) string {
	if !c.reviewed {
		return nil
	}
	return func(answer.Response, time.Time) string { return c.reviews }
}

// Entries yields the responses in their order, and stops at the first error, which it yields.
func (c *Copy) Entries(ctx context.Context) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		in := bufio.NewReaderSize(io.NewSectionReader(c.from, 0, c.size), 64<<10)
		for {
			line, err := in.ReadBytes('\n')
			if err == io.EOF && len(bytes.TrimSpace(line)) == 0 {
				return
			}
			if err == io.EOF {
				err = errCutOff
			}
			if err == nil {
				err = ctx.Err()
			}
			var entry store.Entry
			if err == nil {
				entry, err = c.read(line)
			}
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if entry.Response.ID != "" && !yield(entry, nil) {
				return
			}
		}
	}
}

// read reads a line. The entry is empty if it is about the questionnaire.
func (c *Copy) read(line []byte) (store.Entry, error) {
	var l copyLine
	if err := json.Unmarshal(line, &l); err != nil {
		return store.Entry{}, err
	}
	if l.Definition != nil {
		s, err := survey.Decode(l.Definition)
		if err != nil {
			return store.Entry{}, err
		}
		if l.Format != 0 {
			if l.Format != copyFormat {
				return store.Entry{}, message.Errorf("the answers come in format %d, and this program reads %d: use the same version of glasspoll on both sides", l.Format, copyFormat)
			}
			c.Survey, c.reviewed = s, l.Reviewed
		}
		c.Versions[s.Version] = s
		return store.Entry{}, nil
	}
	if l.Response == nil || c.Survey == nil {
		return store.Entry{}, errCutOff
	}
	c.reviews = l.Review
	entry := store.Entry{Arrived: l.Arrived, Response: *l.Response}
	if s := c.Versions[l.Response.Version]; s == nil && !l.Response.Withdrawn {
		return store.Entry{}, errCutOff
	} else if s != nil && !l.Response.Withdrawn {
		entry.Response = c.change(s, entry.Response)
	}
	return entry, nil
}
