package cloud

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Metrics writes figures in CloudWatch's embedded metric format: a line of JSON in the log, without any call. It may be used
// by several goroutines.
type Metrics struct {
	table string
	now   func() time.Time
	mu    sync.Mutex
	to    *json.Encoder
}

// Namespace is the CloudWatch namespace of all figures. Each figure has the table's name as a dimension, so that
// deployments stay apart.
const Namespace = "Glasspoll"

// NewMetrics writes to the log of a function.
func NewMetrics(w io.Writer, table string, now func() time.Time) *Metrics {
	return &Metrics{table: table, now: now, to: json.NewEncoder(w)}
}

// Figure is one measurement. Unit is one of CloudWatch's: Count, Milliseconds, Seconds.
type Figure struct {
	Name, Unit string
	Value      float64
}

// Write writes measurements that belong together. A dimension should have few values: each is a metric of its own.
func (m *Metrics) Write(dimensions map[string]string, figures ...Figure) {
	type metric struct{ Name, Unit string }
	metrics := make([]metric, len(figures))
	line := map[string]any{"Table": m.table}
	for i, f := range figures {
		metrics[i] = metric{f.Name, f.Unit}
		line[f.Name] = f.Value
	}
	for name, value := range dimensions {
		line[name] = value
	}
	names := append([]string{"Table"}, slices.Sorted(maps.Keys(dimensions))...)
	line["_aws"] = map[string]any{
		"Timestamp": m.now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{names}, "Metrics": metrics,
		}},
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.to.Encode(line) // an error could only be logged where it happened
}
