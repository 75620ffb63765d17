package local

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type definitionKey struct{ id, version string }

// StoreDefinition implements [store.DefinitionWriter].
func (s *Store) StoreDefinition(ctx context.Context, def *survey.Survey) error {
	return s.storeDefinition(ctx, def, false)
}

// PutDefinition implements [store.DefinitionWriter].
func (s *Store) PutDefinition(ctx context.Context, def *survey.Survey) error {
	return s.storeDefinition(ctx, def, true)
}

func (s *Store) storeDefinition(ctx context.Context, def *survey.Survey, inForce bool) error {
	if def.ID == "" || def.Version == "" {
		return s.wrap(message.Errorf("a definition without id or version"))
	}
	id, version, data := []byte(def.ID), []byte(def.Version), def.Encode()
	defer s.written.Add(1)
	return s.update(ctx, func(tx *bbolt.Tx) error {
		versions, err := makeBucket(tx, definitionsBucket, id)
		if err != nil {
			return err
		}
		if stored := versions.Get(version); stored == nil {
			if err := versions.Put(version, data); err != nil {
				return err
			}
		} else if !bytes.Equal(stored, data) {
			return message.Errorf("survey %s: version %s is stored with another content", def.ID, def.Version)
		}
		if !inForce {
			return nil
		}
		return tx.Bucket(currentBucket).Put(id, version)
	})
}

// Surveys implements [store.Catalog].
func (s *Store) Surveys(ctx context.Context) (ids []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(currentBucket).ForEach(func(id, _ []byte) error {
			ids = append(ids, string(id))
			return nil
		})
	})
	return ids, err
}

// Versions implements [store.Catalog].
func (s *Store) Versions(ctx context.Context, id string) (versions []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, definitionsBucket, []byte(id))
		if b == nil {
			return nil
		}
		return b.ForEach(func(version, _ []byte) error {
			versions = append(versions, string(version))
			return nil
		})
	})
	return versions, err
}

// Definition implements [store.Definitions].
func (s *Store) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	written := s.written.Load()
	inForce := version == ""
	if known, ok := s.inForce.Load(id); inForce && ok && known.(versionInForce).written == written {
		version = known.(versionInForce).version
	}
	if version != "" {
		if def := s.cached(id, version); def != nil {
			return def, nil
		}
	}
	var data []byte // nil if the definition is cached, or unknown
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		if inForce {
			version = string(tx.Bucket(currentBucket).Get([]byte(id)))
		}
		versions := bucket(tx, definitionsBucket, []byte(id))
		if versions != nil && version != "" && s.cached(id, version) == nil {
			data = bytes.Clone(versions.Get([]byte(version)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if data != nil {
		def, err := survey.Decode(data)
		if err != nil {
			return nil, store.Permanent(s.wrap(message.Errorf("survey %s, version %s: %w", id, version, err)))
		}
		s.definitions.LoadOrStore(definitionKey{id, version}, def)
	}
	def := s.cached(id, version)
	if def == nil {
		return nil, store.ErrUnknown
	}
	if inForce {
		s.inForce.Store(id, versionInForce{version, written})
	}
	return def, nil
}

// versionInForce is the version of a survey's questionnaire that is in force unless definitions have been written since.
type versionInForce struct {
	version string
	written int64 // [Store.written] before it was read
}

// cached returns a definition that has been read before, or nil.
func (s *Store) cached(id, version string) *survey.Survey {
	def, _ := s.definitions.Load(definitionKey{id, version})
	cached, _ := def.(*survey.Survey)
	return cached
}
