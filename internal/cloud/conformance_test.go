package cloud

import (
	"testing"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/store/storetest"
)

// TestConformance runs the conformance suite over a table in memory. e2e runs it over DynamoDB Local and an S3 server.
func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Backend {
		w := newWorld(nil, cloudtest.Options{Second: "invited"})
		var at func(offset time.Duration) storetest.Backend
		at = func(offset time.Duration) storetest.Backend {
			p := w.process(cloudtest.Hooks{}, Options{Now: func() time.Time { return time.Now().Add(offset) }, Invitations: "invited"}).Table
			return storetest.Backend{
				Definitions: p, Catalog: p, Responses: p, Collector: p, Log: p, Tallies: p, Releases: p, Erasure: p, Cases: p, Importer: p, Progress: p, Turns: p,
				Pages: w.pages, At: at, IDs: p, Secrets: p, Invitations: p, Reviews: p, Origins: p, DaySecrets: p, Rates: p, Withdrawer: p, Withdrawals: p,
				Reshard: func(t *testing.T, survey, period string, n int) {
					if err := p.RaiseShards(t.Context(), survey, period, n); err != nil {
						t.Fatal(err)
					}
				},
			}
		}
		return at(0)
	})
}
