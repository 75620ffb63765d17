package storetest

import (
	"context"
	"maps"
	"slices"

	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// copied copies an item as a store does that writes it.
func copied(i news.Item, revision int) news.Item {
	data, err := i.Encode()
	if err != nil {
		panic(err)
	}
	if i, err = news.Decode(data, revision); err != nil {
		panic(err)
	}
	return i
}

// putNews puts items into the outbox. The caller holds mu.
func (h *Memory) putNews(items []news.Item) {
	for _, i := range items {
		h.news[i.Survey+" "+i.ID] = copied(i, 1)
	}
}

func (h *Memory) News(_ context.Context, survey string) (all []news.Item, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(h.news)) {
		i := h.news[key]
		if i.Survey != survey {
			continue
		}
		i = copied(i, i.Revision)
		if c := h.cases[survey+" "+i.CaseID()]; c != nil {
			i.Withdrawn = c.Withdrawn
		}
		all = append(all, i)
	}
	return all, nil
}

func (h *Memory) SaveNews(_ context.Context, i news.Item) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := i.Survey + " " + i.ID
	if stored, found := h.news[key]; !found || stored.Revision != i.Revision {
		return store.ErrStale
	}
	h.news[key] = copied(i, i.Revision+1)
	return nil
}

func (h *Memory) RemoveNews(_ context.Context, survey, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.news, survey+" "+id)
	return nil
}

func (h *Memory) AddNews(_ context.Context, i news.Item) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, found := h.news[i.Survey+" "+i.ID]; found {
		return false, nil
	}
	h.putNews([]news.Item{i})
	return true, nil
}
