// Command submit is the AWS Lambda function behind the HTTP API that takes submissions: it replies to one with 303, 201 or
// problems, and shows forms and thanks to browsers without a script. It may only write responses and wishes to take them back, and mark
// invitations as used.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
	_ "time/tzdata" // surveys name timezones, and the runtime's image has none

	"glasspoll/internal/cloud"
	"glasspoll/internal/gateway"
	"glasspoll/internal/intake"
)

func main() { gateway.Run(newFunction) }

// newFunction reads the settings: RETENTION_DAYS is the number of days after which a response is deleted; 0 or empty means never.
// LIMITS is off for trials, in which many answers come from few addresses.
func newFunction(getenv func(string) string, log *slog.Logger, metrics io.Writer) (*gateway.Function, error) {
	retention, err := retentionTime(getenv("RETENTION_DAYS"))
	if err != nil {
		return nil, err
	}
	limits := getenv("LIMITS")
	if limits != "" && limits != "on" && limits != "off" {
		return nil, fmt.Errorf("LIMITS is %q: it must be on or off", limits)
	}
	return gateway.New(getenv, log, metrics, gateway.Options{Retention: retention, Counted: counted, Probes: (*cloud.Prober).Submit, Use: func(h *intake.Handler, table *cloud.Table) {
		h.Responses, h.Withdrawer, h.Days, h.Redeemer, h.IDs = table, table, table, table, table
		h.DaySecrets = table
		if limits != "off" {
			h.Limits = intake.NewLimits(table, table)
			h.Limits.Rates = table
		}
	}})
}

// retentionTime parses RETENTION_DAYS.
func retentionTime(setting string) (time.Duration, error) {
	if setting == "" {
		return 0, nil
	}
	days, err := strconv.Atoi(setting)
	if err != nil || days < 0 {
		return 0, fmt.Errorf("RETENTION_DAYS is %q: it must be a number of days", setting)
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

// counted returns the metric that a request is counted in.
func counted(method string) string {
	if method == http.MethodPost {
		return "Submissions"
	}
	return "Forms"
}
