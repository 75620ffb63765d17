// Command invite is the AWS Lambda function behind the HTTP API that follows personal links, and signs for those who answer
// anonymously. It reads invitations and signing keys, and stores nothing but counts and marks. It can neither read nor write an
// answer.
package main

import (
	"io"
	"log/slog"
	_ "time/tzdata" // surveys name timezones, and the runtime's image has none

	"glasspoll/internal/cloud"
	"glasspoll/internal/gateway"
	"glasspoll/internal/intake"
)

func main() { gateway.Run(newFunction) }

// newFunction reads the settings.
func newFunction(getenv func(string) string, log *slog.Logger, metrics io.Writer) (*gateway.Function, error) {
	return gateway.New(getenv, log, metrics, gateway.Options{Counted: counted, Probes: (*cloud.Prober).Invite, Use: func(h *intake.Handler, table *cloud.Table) {
		h.Stopper = table
		h.Signer = &intake.Signer{Keys: table, Marker: table}
	}})
}

// counted returns the metric that a request is counted in.
func counted(string) string { return "Links" }
