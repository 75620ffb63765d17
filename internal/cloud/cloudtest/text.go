package cloudtest

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// keyText returns the key of an item as text.
func keyText(key Item) string {
	if key == nil {
		return ""
	}
	p, err := placeOf(key)
	if err != nil {
		return " ?"
	}
	return " " + p.pk + "/" + p.sk
}

// keyTexts returns those of some values that are texts, by the names of the values.
func keyTexts(values Item) (all string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v, ok := values[name].(*types.AttributeValueMemberS); ok {
			all += " " + v.Value
		}
	}
	return all
}
