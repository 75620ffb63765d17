package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
)

// measureBbolt stores values from as many goroutines as there are clients, gathered as bbolt does it. What it finds is the most that
// a store in one bbolt file can do, on this disk.
func (b *bench) measureBbolt(ctx context.Context, clients int) (v values, err error) {
	db, err := bbolt.Open(filepath.Join(b.dir, "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.MaxBatchSize, db.MaxBatchDelay = clients, 2*time.Millisecond // a lone client does not wait
	bucket, value := []byte("bare"), make([]byte, 500)
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucketIfNotExists(bucket); return err }); err != nil {
		return nil, err
	}
	stored, failed := make([][]reply, clients), make([]error, clients)
	var group sync.WaitGroup
	started := time.Now()
	end := started.Add(b.turn)
	for i := range clients {
		group.Go(func() {
			for failed[i] == nil && ctx.Err() == nil {
				sent := time.Now()
				if sent.After(end) {
					return
				}
				key := []byte(uuid.NewString())
				failed[i] = db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(key, value) })
				stored[i] = append(stored[i], reply{sent, time.Since(sent)})
			}
		})
	}
	group.Wait()
	took := time.Since(started)
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return nil, err
	}
	all := slices.Concat(stored...)
	p99, err := percentile99(all)
	return values{"rate": float64(len(all)) / took.Seconds(), "p99": p99}, err
}
