package cloud

import "context"

// progressKey is the partition of how far long tasks have come.
const progressKey = "G"

// Progress implements [store.Progress].
func (t *Table) Progress(ctx context.Context, name string) (string, error) {
	i, err := t.get(ctx, progressKey, name)
	return textOf(i, body), err
}

// SaveProgress implements [store.Progress].
func (t *Table) SaveProgress(ctx context.Context, name, value string) error {
	i := key(progressKey, name)
	i[body] = text(value)
	return t.put(ctx, i)
}
