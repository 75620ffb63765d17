package main

import (
	"os"
	"slices"

	"glasspoll/internal/console"
	"glasspoll/internal/mailing"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/notify"
	"glasspoll/internal/server"
)

const secretVariable = "GLASSPOLL_WEBHOOK_SECRET"

// news returns who is told of what, by the flags and the environment.
func (s serveCommand) news(getenv func(string) string, environment []string) (server.News, error) {
	settings, receivers, err := newsReceivers(s.NewsFile, getenv, environment)
	if err != nil {
		return server.News{}, err
	}
	webhook, err := s.sender(getenv)
	if err != nil {
		return server.News{}, err
	}
	if webhook != nil {
		const name = "webhook"
		if slices.ContainsFunc(receivers, func(r notify.Receiver) bool { return r.Name == name }) {
			return server.News{}, console.Usagef("--webhook and GLASSPOLL_NEWS_WEBHOOK name a webhook each: give the second one a name, such as GLASSPOLL_NEWS_WEBHOOK_DESK")
		}
		receivers = append(receivers, notify.Receiver{Name: name, Language: message.English, Wants: notify.OpenedCases, Sender: webhook, Program: true})
	}
	return server.News{Receivers: receivers, Site: settings.Site, Zone: settings.Zone}, nil
}

// newsReceivers makes the receivers that the environment and a file name; the file may be "".
func newsReceivers(file string, getenv func(string) string, environment []string) (news.Settings, []notify.Receiver, error) {
	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return news.Settings{}, nil, message.Errorf("--news-file: %w", err)
		}
		lines, err := news.ReadLines(string(content))
		if err != nil {
			return news.Settings{}, nil, console.UsageError{Err: message.Errorf("--news-file: %w", err)}
		}
		environment = append(slices.Clone(environment), lines...)
	}
	settings, err := news.ParseSettings(environment)
	if err != nil {
		return settings, nil, console.UsageError{Err: err}
	}
	receivers, err := notify.Receivers(settings, func(from, to string) (notify.Sender, error) {
		server, err := mailFlags{}.server(getenv)
		if err != nil {
			return nil, err
		}
		if server == nil {
			return nil, message.Errorf("no mail server is named: set %s, and %s", serverVariable, passwordVariable)
		}
		return mailing.NewNews(server, from, to)
	})
	if err != nil {
		return settings, nil, console.UsageError{Err: err}
	}
	return settings, receivers, nil
}

// sender returns the webhook that the flags name; nil if they name none.
func (s serveCommand) sender(getenv func(string) string) (notify.Sender, error) {
	secret := getenv(secretVariable)
	if s.WebhookSecretFile != "" {
		content, err := os.ReadFile(s.WebhookSecretFile)
		if err != nil {
			return nil, message.Errorf("--webhook-secret-file: %w", err)
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
