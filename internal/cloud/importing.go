package cloud

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
)

const (
	// importedAtOnce is how many responses a transaction imports, of two items each. DynamoDB takes 100 items and 4 MB;
	// DynamoDB Local, which tests use, 10 items.
	importedAtOnce      = 5
	importedBytesAtOnce = 3 << 20

	// parallelImports is how many transactions run at a time.
	parallelImports = 8
)

// An arriving response is one that is being imported, as its two items.
type arriving struct{ id, waits item }

func (a arriving) size() int {
	return len(bytesOf(a.id, private)) + len(bytesOf(a.waits, body)) + overhead
}

// Import implements [store.Importer]. What is imported waits to be collected.
func (t *Table) Import(ctx context.Context, survey, period string, entries []store.Entry) (imported int, err error) {
	var all []arriving
	known := map[string]bool{}
	for _, e := range entries {
		r := e.Response
		r.Survey, r.Period = survey, period
		if err := store.CheckResponse(r); err != nil {
			return 0, t.wrap(err)
		}
		if known[r.ID] {
			continue
		}
		known[r.ID] = true
		id, waits, err := t.responseItems(ctx, r, e.Arrived)
		if err != nil {
			return 0, err
		}
		all = append(all, arriving{id, waits})
	}
	if all, err = t.free(ctx, all); err != nil {
		return 0, err
	}
	var stored atomic.Int64
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelImports)
	for len(all) > 0 {
		n, size := 0, 0
		for n < min(importedAtOnce, len(all)) && (n == 0 || size+all[n].size() <= importedBytesAtOnce) {
			size += all[n].size()
			n++
		}
		some := all[:n]
		all = all[n:]
		group.Go(func() error {
			n, err := t.importSome(within, some)
			stored.Add(int64(n))
			return err
		})
	}
	err = group.Wait()
	return int(stored.Load()), err
}

// free leaves out the responses whose ids are taken.
func (t *Table) free(ctx context.Context, all []arriving) ([]arriving, error) {
	var left []arriving
	for some := range slices.Chunk(all, segmentsAtOnce) {
		keys := make([]item, len(some))
		for i, a := range some {
			keys[i] = key(textOf(a.id, partKey), noSort)
		}
		taken, err := t.batch(ctx, keys, partKey)
		if err != nil {
			return nil, err
		}
		for _, a := range some {
			if taken[textOf(a.id, partKey)] == nil {
				left = append(left, a)
			}
		}
	}
	return left, nil
}

// importSome stores some responses in one transaction, or, if an id among them has been taken meanwhile, each in one.
func (t *Table) importSome(ctx context.Context, some []arriving) (stored int, err error) {
	var writes []types.TransactWriteItem
	for _, a := range some {
		writes = append(writes, t.putNew(a.id), types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: a.waits}})
	}
	failed, err := t.transact(ctx, writes)
	if err != nil {
		return 0, err
	}
	if failed < 0 {
		return len(some), nil
	}
	if len(some) == 1 {
		return 0, nil
	}
	for _, a := range some {
		n, err := t.importSome(ctx, []arriving{a})
		if err != nil {
			return stored, err
		}
		stored += n
	}
	return stored, nil
}
