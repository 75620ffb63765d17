package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/survey"
)

// serveFiles runs serve over files, by path under surveys/ and templates/.
func serveFiles(t *testing.T, command serveCommand, files map[string]string) *servertest.Site {
	t.Helper()
	dir := servertest.Files(t, files)
	command.Addr, command.Surveys = "127.0.0.1:0", filepath.Join(dir, "surveys")
	command.Templates, command.Data = filepath.Join(dir, "templates"), filepath.Join(dir, "data")
	return servertest.Start(t, dir, func(printed io.Writer) (servertest.Server, error) {
		return command.open(t.Context(), &console.Console{In: strings.NewReader(""), Out: printed, Err: printed})
	})
}

// TestServePrintsAddresses checks what is printed at the start.
func TestServePrintsAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command serveCommand
		preview bool
	}{{serveCommand{}, true}, {serveCommand{NoReload: true}, false}} {
		r := serveFiles(t, c.command, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
		printed := r.Printed.String()
		if !strings.Contains(printed, "Serving 1 survey from "+r.Dir) || !strings.Contains(printed, r.URL+"tea/  喝茶") {
			t.Errorf("%+v: %s", c.command, printed)
		}
		if strings.Contains(printed, r.URL+"_preview/tea/") != c.preview {
			t.Errorf("%+v: the preview: %s", c.command, printed)
		}
	}
}

func TestServeFlags(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"8080", "localhost", "", "localhost:99999", ":-1", ":no_port"} {
		var b bytes.Buffer
		err := serveCommand{Addr: address}.Run(t.Context(), &console.Console{Out: &b, Err: &b})
		if console.ExitCode(err) != console.ExitUsage || !strings.Contains(err.Error(), "HOST:PORT") {
			t.Errorf("--addr %q: %v", address, err)
		}
	}
}

// TestBackupFlags checks that flags that cannot work are reported at the start, not when the first copy is due.
func TestBackupFlags(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, command := range map[string]serveCommand{
		"":                   {},
		"--backup-every 1s":  {Backup: t.TempDir(), BackupEvery: time.Second, BackupKeep: 1},
		"--backup-every -1h": {Backup: t.TempDir(), BackupEvery: -time.Hour, BackupKeep: 1},
		"--backup-keep 0":    {Backup: t.TempDir(), BackupEvery: time.Hour},
		"cannot be used":     {Backup: file, BackupEvery: time.Hour, BackupKeep: 1},
		"no directory":       {Backup: filepath.Join(file, "in"), BackupEvery: time.Hour, BackupKeep: 1},
	} {
		err := command.checkBackups()
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "new")
	if err := (serveCommand{Backup: dir, BackupEvery: time.Hour, BackupKeep: 1}).checkBackups(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the probe leaves %v, %v", entries, err)
	}
}

func TestKeepAnswersFlag(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command serveCommand
		want    survey.Span
		fails   string
	}{
		{serveCommand{}, survey.Span{}, ""},
		{serveCommand{KeepAnswers: "18m", Production: true}, survey.Span{Months: 18}, ""},
		{serveCommand{KeepAnswers: "2y", NoReload: true}, survey.Span{Years: 2}, ""},
		{serveCommand{KeepAnswers: "18m"}, survey.Span{}, "needs --production"},
		{serveCommand{KeepAnswers: "18 months", Production: true}, survey.Span{}, "--keep-answers 18 months"},
		{serveCommand{KeepAnswers: "0d", Production: true}, survey.Span{}, "--keep-answers 0d"},
	} {
		got, err := c.command.keep()
		if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) || err == nil && got != c.want {
			t.Errorf("%+v: %s, %v", c.command, got, err)
		}
	}
}

// What a notice promises is in what check says of a questionnaire.
func TestPromisedLength(t *testing.T) {
	t.Parallel()
	s := &survey.Survey{Languages: []string{"en"}}
	if got := describe(s).In("en"); strings.Contains(got, "kept") {
		t.Error(got)
	}
	for span, want := range map[survey.Span]string{{Days: 1}: "1 day ", {Months: 18}: "18 months ", {Years: 2}: "2 years "} {
		s.Privacy = &survey.Privacy{Keep: span}
		if got := describe(s).In("en"); !strings.Contains(got, "answers kept for "+want+"by the privacy notice") {
			t.Error(got)
		}
	}
}

func TestWebhookFlags(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(webhookSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	for says, c := range map[string]serveCommand{
		"goes with --webhook":      {WebhookSecretFile: secret},
		"needs the secret":         {Webhook: "https://example.com/"},
		"must begin with https://": {Webhook: "http://example.com/", WebhookSecretFile: secret},
		"no such file":             {Webhook: "https://example.com/", WebhookSecretFile: secret + "s"},
	} {
		if _, err := c.sender(none); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if to, err := (serveCommand{}).sender(none); to != nil || err != nil {
		t.Errorf("without a webhook: %v, %v", to, err)
	}
	fromEnvironment := func(name string) string { return map[string]string{secretVariable: webhookSecret}[name] }
	if to, err := (serveCommand{Webhook: "https://example.com/"}).sender(fromEnvironment); to == nil || err != nil {
		t.Errorf("secret of the environment: %v", err)
	}
}
