package main

import (
	"fmt"
	"os"

	"glasspoll/internal/console"
	"glasspoll/internal/notify"
)

const secretVariable = "GLASSPOLL_WEBHOOK_SECRET"

// sender is the webhook that the flags name; nil if they name none.
func (s serveCommand) sender(getenv func(string) string) (notify.Sender, error) {
	secret := getenv(secretVariable)
	if s.WebhookSecretFile != "" {
		content, err := os.ReadFile(s.WebhookSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--webhook-secret-file: %w", err)
		}
		secret = string(content)
	}
	switch {
	case s.Webhook == "" && s.WebhookSecretFile != "":
		return nil, console.Usagef("--webhook-secret-file goes with --webhook URL")
	case s.Webhook == "":
		return nil, nil
	case secret == "":
		return nil, console.Usagef("--webhook needs the secret that messages are signed with: name its file with --webhook-secret-file FILE, or set %s", secretVariable)
	}
	webhook, err := notify.NewWebhook(s.Webhook, secret)
	if err != nil {
		return nil, console.UsageError{Err: err}
	}
	return webhook, nil
}
