package main

import (
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// metrics writes figures in CloudWatch's embedded metric format: a line of JSON in the log, and no call to anybody.
type metrics struct{ to *json.Encoder }

func newMetrics(w io.Writer) *metrics { return &metrics{json.NewEncoder(w)} }

// submission counts one, by the hundreds of its status, with how long it took.
func (m *metrics) submission(status int, took time.Duration) {
	type unit struct{ Name, Unit string }
	m.to.Encode(map[string]any{
		"_aws": map[string]any{
			"Timestamp": time.Now().UnixMilli(),
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": "Glasspoll", "Dimensions": [][]string{{"Status"}},
				"Metrics": []unit{{"Submissions", "Count"}, {"Duration", "Milliseconds"}},
			}},
		},
		"Status": strconv.Itoa(status/100) + "xx", "Submissions": 1, "Duration": float64(took.Microseconds()) / 1000,
	})
}
