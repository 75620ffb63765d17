package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type definitionKey struct{ id, version string }

// PutDefinition stores a compiled survey under its version and puts that version in force. What is stored under a
// version is never replaced.
func (s *Store) PutDefinition(ctx context.Context, def *survey.Survey) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if def.ID == "" || def.Version == "" {
		return s.wrap(errors.New("a definition without id or version"))
	}
	id, version, data := []byte(def.ID), []byte(def.Version), def.Encode()
	return s.update(func(tx *bbolt.Tx) error {
		versions, err := makeBucket(tx, definitionsBucket, id)
		if err != nil {
			return err
		}
		if stored := versions.Get(version); stored == nil {
			if err := versions.Put(version, data); err != nil {
				return err
			}
		} else if !bytes.Equal(stored, data) {
			return fmt.Errorf("survey %s: version %s is stored with another content", def.ID, def.Version)
		}
		return tx.Bucket(currentBucket).Put(id, version)
	})
}

// Definition implements [store.Definitions].
func (s *Store) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if version != "" {
		if def, ok := s.definitions.Load(definitionKey{id, version}); ok {
			return def.(*survey.Survey), nil
		}
	}
	var data []byte // a copy, unless the definition is cached
	err := s.db.View(func(tx *bbolt.Tx) error {
		if version == "" {
			version = string(tx.Bucket(currentBucket).Get([]byte(id)))
		}
		if _, ok := s.definitions.Load(definitionKey{id, version}); ok {
			return nil
		}
		if versions := bucket(tx, definitionsBucket, []byte(id)); versions != nil && version != "" {
			data = bytes.Clone(versions.Get([]byte(version)))
		}
		return nil
	})
	if err != nil {
		return nil, s.wrap(err)
	}
	if data != nil {
		def, err := survey.Decode(data)
		if err != nil {
			return nil, s.wrap(fmt.Errorf("survey %s, version %s: %w", id, version, err))
		}
		s.definitions.LoadOrStore(definitionKey{id, version}, def)
	}
	if def, ok := s.definitions.Load(definitionKey{id, version}); ok {
		return def.(*survey.Survey), nil
	}
	return nil, store.ErrUnknown
}
