package main

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"glasspoll/internal/stack"
	"glasspoll/internal/stack/stacktest"
)

// scriptedAWS starts an endpoint of AWS from a file, whose lines begin with >, and has the commands that follow use it.
func scriptedAWS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: aws FILE")
	}
	lines := strings.Split(ts.ReadFile(args[0]), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, ">")
	}
	server, err := stacktest.New([]byte(strings.Join(lines, "\n")))
	ts.Check(err)
	ts.Defer(server.Close)
	for name, value := range server.Environment("eu-central-1") {
		ts.Setenv(name, value)
	}
	ts.Setenv("GLASSPOLL_DEPLOY_PAUSE", "1ms")
}

// makePackages writes packages of functions as `make package` does, with made-up contents.
func makePackages(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: packages DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	packages := map[string][]byte{}
	for _, name := range []string{"submit", "invite", "publish", "archive"} {
		packages[name] = []byte(name)
		ts.Check(os.WriteFile(dir+"/"+name+".zip", packages[name], 0o666))
	}
	ts.Check(stack.WritePackageList(dir, "", packages))
}

// TestNobodyAnswers knows that nobody answers on the stream that cron and systemd give.
func TestNobodyAnswers(t *testing.T) {
	nowhere, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer nowhere.Close()
	if isTerminal(nowhere) {
		t.Error("somebody answers on " + os.DevNull)
	}
}

func TestFirewallSettings(t *testing.T) {
	set := map[string]string{"AlarmEmail": "ops@example.com", "PriceClass": "PriceClass_All"}
	if own := firewallSettings(set, nil); !maps.Equal(own, map[string]string{"AlarmEmail": "ops@example.com"}) {
		t.Errorf("before the CDN is there: %v", own)
	}
	outputs := map[string]string{"DistributionId": "E2", "Table": "polls-SurveyTable-1A"}
	if own := firewallSettings(set, outputs); !maps.Equal(own, map[string]string{"AlarmEmail": "ops@example.com", "DistributionId": "E2"}) {
		t.Errorf("with the CDN: %v", own)
	}
	if own := firewallSettings(nil, outputs); !maps.Equal(own, map[string]string{"DistributionId": "E2"}) {
		t.Errorf("whoever is told already stays: %v", own)
	}
}
