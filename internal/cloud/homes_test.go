package cloud

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/render"
)

// The table keeps which files are the home pages, and reads none of a form that it does not know.
func TestHomes(t *testing.T) {
	w := newWorld(nil, cloudtest.Options{})
	table := w.process(cloudtest.Hooks{}, Options{}).Table
	if homes, err := table.Homes(t.Context()); err != nil || homes != nil {
		t.Errorf("before any: %v, %v", homes, err)
	}
	want := render.Homes{
		{Files: map[string]string{"index.html": "home-1.html"}},
		{From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Files: map[string]string{"index.html": "home-2.html"}},
	}
	if err := table.PutHomes(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if homes, err := table.Homes(t.Context()); err != nil || !reflect.DeepEqual(homes, want) {
		t.Errorf("%v, %v", homes, err)
	}
	later := key(siteKey, homesKey)
	later[body] = compressed([]byte(`{"version":2}`))
	if _, err := table.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table.name, Item: later}); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Homes(t.Context()); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("of a later form: %v", err)
	}
}
