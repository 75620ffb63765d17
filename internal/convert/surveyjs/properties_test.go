package surveyjs

import (
	"testing"

	"glasspoll/internal/message"
)

// TestPropertiesHaveOneReason checks that a property is either dropped or ignored, and for one reason.
func TestPropertiesHaveOneReason(t *testing.T) {
	seen := map[string]message.Key{}
	for _, reasons := range []map[message.Key][]string{ignoredProperties, droppedProperties} {
		for why, names := range reasons {
			for _, name := range names {
				if first, twice := seen[name]; twice {
					t.Errorf("%s is given twice: %q and %q", name, first, why)
				}
				seen[name] = why
			}
		}
	}
}
