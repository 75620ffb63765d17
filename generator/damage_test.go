package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"glasspoll/internal/local"
	"glasspoll/internal/server"
	"glasspoll/internal/tally"
)

// damage is a command of test scripts that damages a data file as no program should: `damage DATA SURVEY PERIOD WHAT [ID…]`, where
// WHAT is tally (it counts three more), release (the whole one is cut short), id (it is free), swap (two ids have the places of each other), entry (it is gone) or format (the file's
// format is ID).
func damage() {
	a := os.Args[1:]
	if err := damageStore(filepath.Join(a[0], server.DataFile), a[1], a[2], a[3], a[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "damage:", err)
		os.Exit(1)
	}
}

func damageStore(path, survey, period, what string, ids []string) error {
	if what == "tally" {
		return damageTally(path, survey, period)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Update(func(tx *bbolt.Tx) error {
		if what == "format" {
			return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte(ids[0]))
		}
		if what == "release" {
			releases := tx.Bucket([]byte("releases")).Bucket([]byte(survey))
			whole := bytes.Clone(releases.Get([]byte(period)))
			return releases.Put([]byte(period), whole[:len(whole)-1])
		}
		key, err := uuid.Parse(ids[0])
		if err != nil {
			return err
		}
		index := tx.Bucket([]byte("ids")).Bucket([]byte(survey))
		if what == "id" {
			return index.Delete(key[:])
		}
		if what == "swap" {
			other, err := uuid.Parse(ids[1])
			if err != nil {
				return err
			}
			one, two := bytes.Clone(index.Get(key[:])), bytes.Clone(index.Get(other[:]))
			return errors.Join(index.Put(key[:], two), index.Put(other[:], one))
		}
		place := index.Get(key[:])
		_, n := binary.Uvarint(place)
		return tx.Bucket([]byte("log")).Bucket([]byte(survey)).Bucket([]byte(period)).Delete(place[n : n+8])
	})
}

func damageTally(path, survey, period string) error {
	store, err := local.Open(path)
	if err != nil {
		return err
	}
	defer store.Close()
	t, revision, err := store.Tally(context.Background(), survey, period)
	if err != nil {
		return err
	}
	for _, part := range t.Parts {
		part.Cohorts[""] = &tally.Counters{Respondents: 3}
	}
	return store.SaveTally(context.Background(), survey, period, t, revision)
}
