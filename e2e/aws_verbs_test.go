package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasspoll/e2e/aws"
	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/cloud"
	"glasspoll/internal/questionnaire"
)

// The tests of generator/ run each verb on a data directory. Here the verbs run on a deployment whose responses were submitted
// and counted by the functions.

const verbsSurvey = `
id: service
title: {en: Service, zh: 服务}
languages: [en, zh]
period: quarter
channels: [email, onsite]
results: {min_group: 1}
alerts: [{when: overall <= 2, open: complaint, owner: desk, due_days: 5}]
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, required: true, label: {en: Overall, zh: 总体}}
      - {id: why, type: multi_choice, label: {en: Why, zh: 原因}, options: [{id: price, label: {en: Price, zh: 价格}}, {id: speed, label: {en: Speed, zh: 速度}}]}
      - {id: remark, type: long_text, label: {en: Remark, zh: 意见}}
      - {id: mail, type: email, label: {en: E-mail, zh: 邮箱}}
`

const verbsActions = `
- problem: {en: Queues are long, zh: 排队太久}
  measure: {en: A second desk, zh: 增开窗口}
  question: overall
  owner: {en: Front office, zh: 前台}
  due: 2027-01-31
  status: planned
`

// respondent is a respondent with the answers.
type respondent struct {
	id, period, language, channel string
	overall                       int
	why                           []string
	remark, mail                  string
}

func (p respondent) receipt() string { return answer.Receipt(p.id) }

// makeRespondents returns respondents whose answers all differ. Every fifth and the one after it are dissatisfied.
func makeRespondents(from, to int, period string) []respondent {
	var all []respondent
	for n := from; n < to; n++ {
		p := respondent{
			id: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), period: period, language: []string{"en", "zh"}[n%2], overall: n%5 + 1,
			remark: fmt.Sprintf("=remark, \"%d\"\nof 服务", n),
		}
		if n%3 == 0 {
			p.channel, p.mail = "onsite", fmt.Sprintf("person%d@example.com", n)
		}
		if n%4 != 0 {
			p.why = []string{"price", "speed"}[n%2:]
		}
		all = append(all, p)
	}
	return all
}

// submission is the JSON that the form's script would send.
func (p respondent) submission() string {
	answers := map[string]any{"overall": p.overall, "remark": p.remark}
	if p.why != nil {
		answers["why"] = p.why
	}
	if p.mail != "" {
		answers["mail"] = p.mail
	}
	text, _ := json.Marshal(map[string]any{"id": p.id, "language": p.language, "channel": p.channel, "answers": answers})
	return string(text)
}

// csvRow is the row in an export, without arrival and version.
func (p respondent) csvRow() map[string]string {
	row := map[string]string{
		"_receipt": p.receipt(), "_language": p.language, "_channel": p.channel, "_period": p.period,
		"overall": strconv.Itoa(p.overall), "remark": "'" + p.remark, // the apostrophe keeps a spreadsheet from taking it for a formula
		"why.price": "", "why.speed": "",
	}
	if p.why != nil {
		row["why.price"], row["why.speed"] = "0", "0"
	}
	for _, option := range p.why {
		row["why."+option] = "1"
	}
	return row
}

// jsonLine is the decoded line in an export as JSON Lines, without arrival and version.
func (p respondent) jsonLine(private bool) map[string]any {
	answers := map[string]any{"overall": strconv.Itoa(p.overall), "remark": p.remark}
	if p.why != nil {
		list := []any{}
		for _, option := range p.why {
			list = append(list, option)
		}
		answers["why"] = list
	}
	line := map[string]any{"receipt": p.receipt(), "language": p.language, "channel": p.channel, "period": p.period, "answers": answers}
	if private && p.mail != "" {
		line["private"] = map[string]any{"mail": p.mail}
	}
	return line
}

// runVerb runs the program for the deployment, or for the table in its arguments, and checks its exit code.
func (d *deployment) runVerb(t *testing.T, code int, arguments ...string) (stdout, stderr string) {
	t.Helper()
	if !slices.Contains(arguments, "--table") {
		arguments = append(arguments, "--table", d.name())
	}
	command := exec.CommandContext(t.Context(), binary, arguments...)
	command.Env = append(os.Environ(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "DYNAMODB_ENDPOINT="+d.database.URL)
	var printed, errors bytes.Buffer
	command.Stdout, command.Stderr = &printed, &errors
	err := command.Run()
	if command.ProcessState == nil || command.ProcessState.ExitCode() != code {
		t.Fatalf("glasspoll %s: %v, want the code %d\n%s%s", strings.Join(arguments, " "), err, code, &printed, &errors)
	}
	return printed.String(), errors.String()
}

// readOutput returns a file's content. If it is confidential, only its owner may have access.
func readOutput(t *testing.T, name string, confidential bool) string {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if confidential && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%s has the mode %v", filepath.Base(name), info.Mode())
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// checkExport checks that exports of the survey, as CSV and as JSON Lines, have exactly these respondents.
func (d *deployment) checkExport(t *testing.T, want []respondent, arguments ...string) {
	t.Helper()
	folder := t.TempDir()
	arguments = append([]string{"results", "export", "service"}, arguments...)
	d.runVerb(t, 0, append(arguments, "--out", filepath.Join(folder, "answers.csv"))...)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(readOutput(t, filepath.Join(folder, "answers.csv"), false), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if book := readOutput(t, filepath.Join(folder, "answers.codebook.csv"), false); !strings.Contains(book, "why.speed") {
		t.Errorf("the codebook is\n%s", book)
	}
	found := map[string]map[string]string{}
	for _, row := range rows[1:] {
		columns := map[string]string{}
		for i, name := range rows[0] {
			columns[name] = row[i]
		}
		if at, err := time.Parse(time.RFC3339, columns["_arrived"]); err != nil || time.Since(at) > 24*time.Hour || time.Until(at) > time.Minute {
			t.Errorf("a row arrived %q: %v", columns["_arrived"], err)
		}
		if columns["_version"] == "" {
			t.Error("a row has no version")
		}
		delete(columns, "_arrived")
		delete(columns, "_version")
		found[columns["_receipt"]] = columns
	}
	if len(rows)-1 != len(want) {
		t.Errorf("%d rows of %d respondents", len(rows)-1, len(want))
	}
	for _, p := range want {
		if !maps.Equal(found[p.receipt()], p.csvRow()) {
			t.Errorf("the row of %s is\n%q, want\n%q", p.id, found[p.receipt()], p.csvRow())
		}
	}

	for _, private := range []bool{false, true} {
		name := filepath.Join(folder, fmt.Sprintf("answers-%t.jsonl", private))
		more := append(slices.Clone(arguments), "--out", name)
		if private {
			more = append(more, "--private")
		}
		d.runVerb(t, 0, more...)
		content := readOutput(t, name, private)
		lines := map[string]string{}
		for text := range strings.Lines(content) {
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			delete(line, "arrived")
			delete(line, "version")
			receipt, _ := line["receipt"].(string)
			if lines[receipt] != "" {
				t.Errorf("%s is there twice", receipt)
			}
			again, _ := json.Marshal(line)
			lines[receipt] = string(again)
		}
		if len(lines) != len(want) {
			t.Errorf("%d lines of %d respondents", len(lines), len(want))
		}
		for _, p := range want {
			if line, _ := json.Marshal(p.jsonLine(private)); lines[p.receipt()] != string(line) {
				t.Errorf("the line of %s is\n%s, want\n%s", p.id, lines[p.receipt()], line)
			}
		}
		if !private && strings.Contains(content, "@example.com") {
			t.Error("private answers are in an export without --private")
		}
	}
}

// checkArchive makes an archive twice, and checks that both are equal, that its checksums are right, as computed here and by the
// program, and how many responses it has.
func (d *deployment) checkArchive(t *testing.T, period string, responses, withdrawn int) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "service.zip")
	var sums [2]string
	var contents [2]string
	for i := range sums {
		out, messages := d.runVerb(t, 0, "results", "archive", "service", "--period", period, "--out", name, "--surveys", d.surveys)
		sums[i], _, _ = strings.Cut(out, "  ")
		contents[i] = readOutput(t, name, true)
		if !strings.Contains(messages, fmt.Sprintf("%d response", responses)) {
			t.Errorf("archiving %s prints %s", period, messages)
		}
	}
	if contents[0] != contents[1] || sums[0] != sums[1] {
		t.Errorf("two archives of %s differ", period)
	}
	z, err := zip.NewReader(strings.NewReader(contents[0]), int64(len(contents[0])))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	sumOf := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	if sumOf(files["SHA256SUMS"]) != sums[0] {
		t.Errorf("the checksum printed is %s, that of SHA256SUMS %s", sums[0], sumOf(files["SHA256SUMS"]))
	}
	listed := 0
	for line := range strings.Lines(files["SHA256SUMS"]) {
		sum, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		listed++
		if sumOf(files[file]) != sum {
			t.Errorf("%s: the checksum of %s is wrong", period, file)
		}
	}
	if listed != len(files)-1 {
		t.Errorf("%d files, %d checksums", len(files), listed)
	}
	for _, needed := range []string{"manifest.json", "answers.jsonl", "tally.json", "releases/000001.json", "report.en.html", "report.zh.html", "codebook.en.csv", "questionnaire/service.yaml"} {
		if files[needed] == "" {
			t.Errorf("%s: no %s among %v", period, needed, slices.Sorted(maps.Keys(files)))
		}
	}
	var m struct{ Responses, Withdrawn, Releases int }
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil || m.Responses != responses || m.Withdrawn != withdrawn || m.Releases == 0 {
		t.Errorf("%s: the manifest says %+v, %v; want %d responses, %d withdrawn", period, m, err, responses, withdrawn)
	}
	if lines := strings.Count(files["answers.jsonl"], "\n"); lines != responses+withdrawn {
		t.Errorf("%s: %d lines of answers", period, lines)
	}
	if strings.Contains(contents[0]+files["answers.jsonl"], "@example.com") {
		t.Errorf("%s: private answers are in it", period)
	}
	out, err := exec.CommandContext(t.Context(), binary, "results", "archive", "--check", name).CombinedOutput()
	if err != nil || !strings.Contains(string(out), sums[0]) || !strings.Contains(string(out), "checksums and figures agree") {
		t.Errorf("checking the archive of %s: %v\n%s", period, err, out)
	}
}

var progressLine = regexp.MustCompile(`(?m)^(\d+) of (\d+) files, (\d+) uploaded$`)

// checkProgress checks that publishing prints its progress: increasing numbers of the total at the end.
func checkProgress(t *testing.T, out string) {
	t.Helper()
	end := regexp.MustCompile(`(?m)^(\d+) files, (\d+) uploaded, the others are there$`).FindStringSubmatch(out)
	lines := progressLine.FindAllStringSubmatch(out, -1)
	if end == nil || len(lines) == 0 {
		t.Fatalf("publishing takes seconds, and prints\n%s", out)
	}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	seen, sent := 0, 0
	for _, line := range lines {
		if number(line[1]) <= seen || number(line[3]) < sent || line[2] != end[1] || number(line[3]) > number(line[1]) {
			t.Errorf("%q after %d, %d uploaded; at the end %q", line[0], seen, sent, end[0])
		}
		seen, sent = number(line[1]), number(line[3])
	}
	if seen > number(end[1]) || sent > number(end[2]) || number(end[2]) == 0 {
		t.Errorf("the last line is %q", end[0])
	}
}

// TestOnAWSEveryVerb runs every verb on one deployment.
func TestOnAWSEveryVerb(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d.publish.Env = append(d.publish.Env, "EVENTBRIDGE_ENDPOINT="+newEventBus(t).URL)
	d.surveys = writeSurveys(t, map[string]string{"service.yaml": verbsSurvey, "service.actions.yaml": verbsActions})
	s, problems := questionnaire.Parse("service.yaml", []byte(verbsSurvey))
	if len(problems) > 0 {
		t.Fatal(problems)
	}

	// Each file takes a while, so that progress is printed.
	d.files.Inject(func(aws.Call) aws.Fault {
		time.Sleep(40 * time.Millisecond)
		return aws.None
	}, nil)
	out, err := d.runPublish(t, d.surveys)
	if err != nil || !strings.Contains(out, "service: changed so that its answers are counted again\n") || !strings.Contains(out, "1 questionnaire, 1 new or changed\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	checkProgress(t, out)
	d.files.Reset()

	// Those of the previous quarter arrived an hour ago, and so did some of this quarter.
	now := time.Now()
	this, before := s.PeriodAt(now), s.PeriodBefore(now)
	arrival := now.Add(-time.Hour)
	earlier := cloud.NewTable(d.client, d.name(), cloud.Options{Now: func() time.Time { return arrival }})
	older, newer := makeRespondents(0, 12, before), makeRespondents(12, 40, this)
	opened := 0 // cases of responses that arrived in this quarter
	for _, p := range slices.Concat(older, newer[:14]) {
		arrival = arrival.Add(time.Second)
		posted, err := answer.FromJSON([]byte(p.submission()))
		if err != nil {
			t.Fatal(err)
		}
		r, _, wrong := answer.Check(s, posted)
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		r.Period = p.period
		if created, err := earlier.Put(t.Context(), r); err != nil || !created {
			t.Fatal(created, err)
		}
		if p.overall <= 2 && s.PeriodAt(arrival) == this {
			opened++
		}
	}
	for _, p := range newer[14:] {
		if p.overall <= 2 {
			opened++
		}
		if reply, err := d.post("application/json", p.submission(), false); err != nil || reply.StatusCode != http.StatusCreated {
			t.Fatal(reply, err)
		}
	}
	schedule := func() {
		t.Helper()
		if _, err := d.publish.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
			t.Fatalf("%v\n%s", err, d.log)
		}
	}
	if err := d.publishChanges(before); err != nil {
		t.Fatalf("%v\n%s", err, d.log)
	}
	all := slices.Concat(older, newer)
	if f := d.publicFigures(); f.Respondents != len(newer) {
		t.Fatalf("the page counts %+v, want %d of this period", f, len(newer))
	}

	d.database.Reset()
	if _, messages := d.runVerb(t, 1, "results", "export", "nothing"); !strings.Contains(messages, "there is no survey nothing here: there are service") {
		t.Errorf("an export of an unknown survey prints %s", messages)
	}
	if _, messages := d.runVerb(t, 1, "results", "erase", answer.Receipt("00000000-0000-4000-8000-999999999999"), "--yes"); !strings.Contains(messages, "or another --data or --table") {
		t.Errorf("erasing an unknown response prints %s", messages)
	}
	if _, messages := d.runVerb(t, 1, "results", "export", "service", "--table", "nothing"); !strings.Contains(messages, "there is no table nothing in this account and region") || strings.Contains(messages, "RequestID") {
		t.Errorf("an export from an unknown table prints %s", messages)
	}
	d.checkExport(t, all)
	d.checkExport(t, older, "--period", before)
	if out, _ := d.runVerb(t, 0, "results", "export", "service", "--period", this, "--no-bom"); strings.Count(out, "服务\"") != len(newer) || !strings.HasPrefix(out, "_receipt,_arrived,") {
		t.Errorf("an export to the standard output:\n%s", out)
	}
	for _, format := range []string{"xlsx", "spss"} {
		name := filepath.Join(t.TempDir(), "answers.csv")
		if d.runVerb(t, 0, "results", "export", "service", "--format", format, "--out", name); readOutput(t, name, false) == "" {
			t.Errorf("an export as %s is empty", format)
		}
	}

	checkVerify := func(responses ...string) {
		t.Helper()
		out, _ := d.runVerb(t, 0, "results", "verify", "service")
		if strings.Count(out, ": agree\n") != len(responses) {
			t.Errorf("verify prints\n%s", out)
		}
		for _, line := range responses {
			if !strings.Contains(out, line) {
				t.Errorf("verify does not print %q:\n%s", line, out)
			}
		}
	}
	checkVerify(fmt.Sprintf("service %s: %d responses, ", before, len(older)), fmt.Sprintf("service %s: %d responses, ", this, len(newer)))

	checkReport := func(period string, responses int) {
		t.Helper()
		for language, sentence := range map[string]string{"en": "<dt>Received<dd>%d <", "zh": "<dt>收回<dd>%d <"} {
			name := filepath.Join(t.TempDir(), "report.html")
			d.runVerb(t, 0, "results", "report", "service", "--period", period, "--language", language, "--texts", "--surveys", d.surveys, "--out", name)
			page := readOutput(t, name, true)
			for _, needed := range []string{fmt.Sprintf(sentence, responses), map[string]string{"en": "A second desk", "zh": "增开窗口"}[language], "remark, "} {
				if !strings.Contains(page, needed) {
					t.Errorf("the report of %s in %s lacks %q", period, language, needed)
				}
			}
			if strings.Contains(page, "@example.com") {
				t.Error("private answers are in the report")
			}
		}
	}
	checkReport(before, len(older))
	checkReport(this, len(newer))
	quarterly := filepath.Join(t.TempDir(), "quarter")
	d.runVerb(t, 0, "report", "service", "--quarter", this, "--language", "en", "--surveys", d.surveys, "--out", quarterly)
	for ending, beginning := range map[string]string{".html": "<!doctype html>", ".docx": "PK", ".xlsx": "PK"} {
		if content := readOutput(t, quarterly+ending, true); !strings.HasPrefix(content, beginning) {
			t.Errorf("the report of the quarter ends in %s, and begins with %q", ending, content[:min(len(content), 20)])
		}
	}
	if page := readOutput(t, quarterly+".html", true); !strings.Contains(page, fmt.Sprintf(`<td class="num">%d<`, len(newer))) || !strings.Contains(page, "A second desk") {
		t.Errorf("the report of the quarter lacks its %d respondents or its measure", len(newer))
	}
	for _, level := range []string{"public", "staff", "management"} {
		folder := t.TempDir()
		d.runVerb(t, 0, "results", "pages", "service", "--level", level, "--out", folder, "--surveys", d.surveys)
		var f figures
		if err := json.Unmarshal([]byte(readOutput(t, filepath.Join(folder, "service/results/results.json"), level != "public")), &f); err != nil || f.Respondents != len(newer) {
			t.Errorf("pages for %s: %+v, %v", level, f, err)
		}
	}
	d.checkArchive(t, before, len(older), 0)
	d.checkArchive(t, this, len(newer), 0)
	checkAllowed := func(who string, denied func(aws.Call) string, kinds ...string) {
		t.Helper()
		seen := map[string]bool{}
		for _, c := range d.database.Calls() {
			seen[kindOf(c)] = true
			if why := denied(c); why != "" {
				t.Errorf("%s does not allow %s: %s", who, c.Name, why)
			}
		}
		for _, kind := range kinds {
			if !seen[kind] {
				t.Errorf("no %s was seen: %v", kind, slices.Sorted(maps.Keys(seen)))
			}
		}
		d.database.Reset()
	}
	checkAllowed("OperatorPolicy", template.Operator().Denied, "Query L", "BatchGetItem J", "GetItem I", "GetItem T", "Query P", "Query C")

	// There is a case for each dissatisfied respondent.
	complaints := map[string]respondent{}
	for _, p := range all {
		if p.overall <= 2 {
			complaints[cases.ID("service", p.id)] = p
		}
	}
	list := func(arguments ...string) map[string]string {
		t.Helper()
		out, _ := d.runVerb(t, 0, append([]string{"cases", "list", "--format", "json"}, arguments...)...)
		var listed []struct{ ID, Period, Status, Owner string }
		if err := json.Unmarshal([]byte(out), &listed); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		found := map[string]string{}
		for _, c := range listed {
			found[c.ID] = c.Period + " " + c.Status + " " + c.Owner
		}
		return found
	}
	wanted := map[string]string{}
	for id, p := range complaints {
		wanted[id] = p.period + " open desk"
	}
	if listed := list(); !maps.Equal(listed, wanted) {
		t.Fatalf("cases %v\nwant %v", listed, wanted)
	}
	ids := slices.Sorted(maps.Keys(wanted))
	assigned, closed := ids[0], ids[1]
	if out, _ := d.runVerb(t, 0, "cases", "assign", assigned, "--owner", "repairs", "--by", "desk"); !strings.Contains(out, "case "+assigned+" is assigned to repairs, due ") {
		t.Errorf("assign prints %s", out)
	}
	if out, _ := d.runVerb(t, 0, "cases", "close", closed, "--result", "Replaced", "--customer-told", "yes", "--customer-agreed", "yes"); !strings.Contains(out, "case "+closed+" is closed, in time") {
		t.Errorf("close prints %s", out)
	}
	d.runVerb(t, 1, "cases", "close", closed, "--result", "Again", "--customer-told", "no", "--customer-agreed", "not_asked") // it is closed already
	if listed := list("--owner", "repairs"); !maps.Equal(listed, map[string]string{assigned: complaints[assigned].period + " assigned repairs"}) {
		t.Errorf("cases of repairs: %v", listed)
	}
	if listed := list("--status", "closed"); !maps.Equal(listed, map[string]string{closed: complaints[closed].period + " closed desk"}) {
		t.Errorf("closed cases: %v", listed)
	}
	if out, _ := d.runVerb(t, 0, "cases", "show", closed); !strings.Contains(out, "Replaced") || !strings.Contains(out, complaints[closed].receipt()) {
		t.Errorf("show prints\n%s", out)
	}
	if out, _ := d.runVerb(t, 0, "cases", "summary", "--quarter", this, "--format", "json"); !strings.Contains(strings.Join(strings.Fields(out), ""), fmt.Sprintf(`"opened":%d,"closed":1,"closed_in_time":1,"customer_told":1`, opened)) {
		t.Errorf("summary prints\n%s", out)
	}
	checkAllowed("CasesPolicy", template.Cases().Denied, "Query C", "PutItem C")

	// Two responses with a case are erased.
	var erased []respondent
	for _, part := range [][]respondent{newer[:14], newer[14:]} {
		i := slices.IndexFunc(part, func(p respondent) bool { return p.overall <= 2 && p.mail != "" })
		erased = append(erased, part[i])
	}
	reached := cases.ID("service", erased[0].id)
	if out, _ := d.runVerb(t, 0, "cases", "show", reached, "--contact", "--by", "desk", "--reason", "Call back"); !strings.Contains(out, erased[0].mail) || strings.Count(out, "@") != 1 {
		t.Errorf("contact data: %s", out)
	}
	if out, _ := d.runVerb(t, 0, "cases", "show", reached); !strings.Contains(out, "contact data shown by desk: Call back") || strings.Contains(out, "@") {
		t.Errorf("the case whose contact data were shown: %s", out)
	}
	for _, p := range erased {
		receipt := strings.ToLower(p.receipt())
		if out, messages := d.runVerb(t, 1, "results", "erase", receipt); !strings.Contains(out, "service "+this+", received ") || !strings.Contains(messages, "Nothing is erased yet") {
			t.Errorf("erase prints %s%s", out, messages)
		}
	}
	d.checkExport(t, all)
	isErased := func(p respondent) bool {
		return slices.ContainsFunc(erased, func(e respondent) bool { return e.id == p.id })
	}
	left, leftNow := slices.DeleteFunc(slices.Clone(all), isErased), slices.DeleteFunc(slices.Clone(newer), isErased)
	for _, p := range erased {
		if len(d.itemsWith(t, p.remark)) != 1 || len(d.itemsWith(t, p.mail)) != 1 {
			t.Errorf("the answers of %s are in %q and %q", p.id, d.itemsWith(t, p.remark), d.itemsWith(t, p.mail))
		}
		if out, _ := d.runVerb(t, 0, "results", "erase", p.receipt(), "--yes"); !strings.Contains(out, ": erased.") {
			t.Errorf("erase --yes prints %s", out)
		}
		for _, text := range []string{p.remark, p.mail} {
			if kept := d.itemsWith(t, text); len(kept) > 0 {
				t.Errorf("%q is left in %q", text, kept)
			}
		}
	}
	afterwards := fmt.Sprintf("service %s: %d responses and 2 withdrawn, ", this, len(leftNow))
	d.checkExport(t, left)
	checkVerify(fmt.Sprintf("service %s: ", before), afterwards)
	if f := d.publicFigures(); f.Respondents != len(newer) {
		t.Errorf("the page reveals the erasure at once: %+v", f)
	}
	checkAllowed("OperatorPolicy", template.Operator().Denied, "TransactWriteItems I")

	// What is out stays: each new answer is a block, here of one, and those who were erased are not made up for.
	next := makeRespondents(40, 43, this)
	for i, p := range next {
		if reply, err := d.post("application/json", p.submission(), false); err != nil || reply.StatusCode != http.StatusCreated {
			t.Fatal(reply, err)
		}
		schedule()
		if f := d.publicFigures(); f.Respondents != len(newer)+i+1 {
			t.Errorf("after %d more, the page counts %+v, want %d", i+1, f, len(newer)+i+1)
		}
	}
	d.checkExport(t, slices.Concat(left, next))
	afterwards = fmt.Sprintf("service %s: %d responses and 2 withdrawn, ", this, len(leftNow)+len(next))
	checkVerify(fmt.Sprintf("service %s: ", before), afterwards)
	checkReport(this, len(leftNow)+len(next)+2) // received, withdrawn ones included
	d.checkArchive(t, this, len(leftNow)+len(next), 2)
	d.runVerb(t, 1, "cases", "show", reached, "--contact", "--by", "desk", "--reason", "Call back") // there are none any more
	unfinished := list()
	for _, p := range erased {
		id := cases.ID("service", p.id)
		if unfinished[id] != "" {
			t.Errorf("the case of an erased response is listed as %s", unfinished[id])
		}
		if out, _ := d.runVerb(t, 0, "cases", "show", id); strings.Contains(out, p.id) || strings.Contains(out, p.receipt()) || !strings.Contains(out, "response  withdrawn") {
			t.Errorf("the case of an erased response:\n%s", out)
		}
	}
}
