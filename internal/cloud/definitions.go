package cloud

import (
	"bytes"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// cached is a definition that was read, and the time until which it may be used; the zero time for a version, which never
// changes.
type cached struct {
	survey *survey.Survey
	until  time.Time
}

// currentTTL is how long a handler may use the definition in force without reading it again.
const currentTTL = 30 * time.Second

const current = "current"

// StoreDefinition implements [store.DefinitionWriter].
func (t *Table) StoreDefinition(ctx context.Context, s *survey.Survey) error {
	pk := "D#" + s.ID
	i := key(pk, s.Version)
	data := s.Encode()
	i[body] = compressed(data)
	created, err := t.create(ctx, i)
	if err != nil || created {
		return err
	}
	return t.checkContent(ctx, pk, s.Version, data)
}

// PutDefinition implements [store.DefinitionWriter].
func (t *Table) PutDefinition(ctx context.Context, s *survey.Survey) error {
	if err := t.StoreDefinition(ctx, s); err != nil {
		return err
	}
	if _, err := t.create(ctx, key(surveysKey, s.ID)); err != nil {
		return err
	}
	i := key("D#"+s.ID, current)
	i[version] = text(s.Version)
	if err := t.put(ctx, i); err != nil {
		return err
	}
	t.cache(s.ID+"@", s, t.now().Add(currentTTL))
	return nil
}

// maxName bounds the id and the version of a survey that is asked for, in bytes. DynamoDB refuses keys that are much longer,
// and its error would look like a fault of the table.
const maxName = 1000

// surveysKey is the partition that lists all surveys.
const surveysKey = "S"

// Surveys implements [store.Catalog].
func (t *Table) Surveys(ctx context.Context) ([]string, error) { return t.sortKeys(ctx, surveysKey) }

// Versions implements [store.Catalog].
func (t *Table) Versions(ctx context.Context, survey string) (versions []string, err error) {
	found := t.query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ProjectionExpression: aws.String(sortKey), ExpressionAttributeValues: item{":pk": text("D#" + survey)},
	})
	for i, err := range found {
		if err != nil {
			return nil, err
		}
		if v := textOf(i, sortKey); v != current {
			versions = append(versions, v)
		}
	}
	return versions, nil
}

// checkContent checks that a version is stored with the given content.
func (t *Table) checkContent(ctx context.Context, pk, version string, data []byte) error {
	i, err := t.get(ctx, pk, version)
	if err != nil {
		return err
	}
	stored, err := decompressed(i, body)
	if err != nil {
		return t.wrap(err)
	}
	if !bytes.Equal(stored, data) {
		return t.wrap(message.Errorf("version %s of %s is stored with another content", version, pk))
	}
	return nil
}

// Definition implements [store.Definitions].
func (t *Table) Definition(ctx context.Context, id, wanted string) (*survey.Survey, error) {
	if max(len(id), len(wanted)) > maxName || wanted == current {
		return nil, store.ErrUnknown
	}
	if s := t.cached(id + "@" + wanted); s != nil {
		return s, nil
	}
	if wanted != "" {
		return t.definition(ctx, id, wanted)
	}
	i, err := t.get(ctx, "D#"+id, current)
	if err != nil {
		return nil, err
	}
	inForce := textOf(i, version)
	if inForce == "" {
		return nil, store.ErrUnknown
	}
	s, err := t.definition(ctx, id, inForce)
	if err == nil {
		t.cache(id+"@", s, t.now().Add(currentTTL))
	}
	return s, err
}

// definition returns a survey in the given version, from the cache if it is there.
func (t *Table) definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	if s := t.cached(id + "@" + version); s != nil {
		return s, nil
	}
	i, err := t.get(ctx, "D#"+id, version)
	if err != nil {
		return nil, err
	}
	if i == nil {
		return nil, store.ErrUnknown
	}
	data, err := decompressed(i, body)
	var s *survey.Survey
	if err == nil {
		s, err = survey.Decode(data)
	}
	if err != nil {
		return nil, store.Permanent(t.wrap(message.Errorf("definition %s %s: %w", id, version, err)))
	}
	t.cache(id+"@"+version, s, time.Time{})
	return s, nil
}

// cached returns a definition from the cache; nil if it is not there, or no longer valid.
func (t *Table) cached(name string) *survey.Survey {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.definitions[name]
	if c.survey == nil || !c.until.IsZero() && t.now().After(c.until) {
		return nil
	}
	return c.survey
}

// maxCached bounds the cache: more versions than are ever open at a time.
const maxCached = 1_000

func (t *Table) cache(name string, s *survey.Survey, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.definitions) >= maxCached {
		clear(t.definitions)
	}
	t.definitions[name] = cached{s, until}
}
