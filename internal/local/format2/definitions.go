package format2

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type definitionKey struct{ id, version string }

// Surveys implements [store.Catalog].
func (f *File) Surveys(ctx context.Context) (ids []string, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) (err error) {
		ids, err = keys(tx.Bucket(currentBucket))
		return err
	})
	return ids, err
}

// Versions implements [store.Catalog].
func (f *File) Versions(ctx context.Context, survey string) (versions []string, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) (err error) {
		versions, err = keys(bucket(tx, definitionsBucket, []byte(survey)))
		return err
	})
	return versions, err
}

// keys lists the keys of a bucket, in order; none if there is no such bucket.
func keys(b *bbolt.Bucket) (names []string, err error) {
	if b == nil {
		return nil, nil
	}
	err = b.ForEach(func(name, _ []byte) error {
		names = append(names, string(name))
		return nil
	})
	return names, err
}

// Definition implements [store.Definitions].
func (f *File) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	var data []byte // nil if there is no such definition
	err := f.view(ctx, func(tx *bbolt.Tx) error {
		current, versions := tx.Bucket(currentBucket), bucket(tx, definitionsBucket, []byte(id))
		if version == "" && current != nil {
			version = string(current.Get([]byte(id)))
		}
		if versions != nil && version != "" {
			data = bytes.Clone(versions.Get([]byte(version)))
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case data == nil:
		return nil, store.ErrUnknown
	}
	key := definitionKey{id, version}
	if known, ok := f.definitions.Load(key); ok {
		return known.(*survey.Survey), nil
	}
	def, err := survey.Decode(data)
	if err != nil {
		return nil, message.Errorf("store %s: survey %s, version %s: %w", f.path, id, version, err)
	}
	known, _ := f.definitions.LoadOrStore(key, def)
	return known.(*survey.Survey), nil
}
