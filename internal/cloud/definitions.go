package cloud

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// cached is a definition that was read, and until when it may be used. Of a version it is for ever.
type cached struct {
	survey *survey.Survey
	until  time.Time
}

// currentFor is how long a handler may go on with what was the definition in force.
const currentFor = 30 * time.Second

const current = "current"

// PutDefinition keeps a compiled definition under its version, and puts it in force.
func (t *Table) PutDefinition(ctx context.Context, s *survey.Survey) error {
	pk := "D#" + s.ID
	i := key(pk, s.Version)
	data := s.Encode()
	i[body] = packed(data)
	created, err := t.create(ctx, i)
	if err != nil {
		return err
	}
	if !created {
		if err := t.mustHold(ctx, pk, s.Version, data); err != nil {
			return err
		}
	}
	if _, err := t.create(ctx, key(surveysKey, s.ID)); err != nil {
		return err
	}
	i = key(pk, current)
	i[version] = text(s.Version)
	if err := t.put(ctx, i); err != nil {
		return err
	}
	t.remember(s.ID+"@", s, t.now().Add(currentFor))
	return nil
}

// maxName is how long a survey's id or version may be that is looked for, in bytes. DynamoDB refuses longer keys, and who
// makes such a name up would be told that the fault is ours.
const maxName = 1000

// surveysKey is the partition that lists all surveys.
const surveysKey = "S"

// Surveys lists the ids of all surveys that have ever been in force.
func (t *Table) Surveys(ctx context.Context) ([]string, error) { return t.sortKeys(ctx, surveysKey) }

// mustHold checks that what is kept under a version is what was to be kept: it is never replaced.
func (t *Table) mustHold(ctx context.Context, pk, version string, data []byte) error {
	i, err := t.get(ctx, pk, version)
	if err != nil {
		return err
	}
	kept, err := unpacked(i, body)
	if err != nil {
		return t.wrap(err)
	}
	if !bytes.Equal(kept, data) {
		return t.wrap(fmt.Errorf("version %s of %s is kept with another content", version, pk))
	}
	return nil
}

// Definition implements [store.Definitions]. Which version is in force may be half a minute old.
func (t *Table) Definition(ctx context.Context, id, wanted string) (*survey.Survey, error) {
	if max(len(id), len(wanted)) > maxName {
		return nil, store.ErrUnknown
	}
	if s := t.recall(id + "@" + wanted); s != nil {
		return s, nil
	}
	number := wanted
	if wanted == "" {
		i, err := t.get(ctx, "D#"+id, current)
		if err != nil {
			return nil, err
		}
		if number = textOf(i, version); number == "" {
			return nil, store.ErrUnknown
		}
	}
	s := t.recall(id + "@" + number)
	if s == nil {
		i, err := t.get(ctx, "D#"+id, number)
		if err != nil {
			return nil, err
		}
		if i == nil || number == current {
			return nil, store.ErrUnknown
		}
		data, err := unpacked(i, body)
		if err == nil {
			s, err = survey.Decode(data)
		}
		if err != nil {
			return nil, t.wrap(fmt.Errorf("definition %s %s: %w", id, number, err))
		}
		t.remember(id+"@"+number, s, time.Time{})
	}
	if wanted == "" {
		t.remember(id+"@", s, t.now().Add(currentFor))
	}
	return s, nil
}

func (t *Table) recall(name string) *survey.Survey {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.definitions[name]
	if c.survey == nil || !c.until.IsZero() && t.now().After(c.until) {
		return nil
	}
	return c.survey
}

// maxCached bounds the memory of a handler: more versions than are ever open at a time.
const maxCached = 1_000

func (t *Table) remember(name string, s *survey.Survey, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.definitions) >= maxCached {
		clear(t.definitions)
	}
	t.definitions[name] = cached{s, until}
}
