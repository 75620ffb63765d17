// Command invite is the AWS Lambda function behind the HTTP API that follows personal links. It reads invitations, and stores
// nothing but counts. It can neither read nor write an answer.
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
	return gateway.New(getenv, log, metrics, gateway.Options{Counted: counted, Use: func(*intake.Handler, *cloud.Table) {}})
}

// counted returns the metric that a request is counted in.
func counted(string) string { return "Links" }
