package cloud

import (
	"context"
	"encoding/json"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// sidecarsKey has the prefix of definitions, so that the roles that may read those may read it, and a name that no survey
// can have, so that no form can ask for it as a version.
const sidecarsKey = "D#_beside"

// PutActions stores the sidecars of a survey in the place of the earlier ones.
func (t *Table) PutActions(ctx context.Context, id string, a survey.Actions) error {
	data, err := json.Marshal(a)
	if err != nil {
		return t.wrap(err)
	}
	i := key(sidecarsKey, id)
	i[body] = compressed(data)
	return t.put(ctx, i)
}

// Actions implements [store.Sidecars].
func (t *Table) Actions(ctx context.Context, id string) (a survey.Actions, err error) {
	i, err := t.get(ctx, sidecarsKey, id)
	if err != nil || i == nil {
		return survey.Actions{}, err
	}
	if err := decodeJSON(i, &a); err != nil {
		return survey.Actions{}, t.wrap(message.Errorf("sidecars of %s: %w", id, err))
	}
	return a, nil
}
