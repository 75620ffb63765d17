package e2e

import (
	"context"
	"encoding/csv"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const confidentialTea = `
title: {zh: 茶, en: Tea}
languages: [zh, en]
access: ACCESS
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}, required: true}
      - {id: tier, type: hidden, label: {zh: 级别, en: Tier}, options: [{id: a, label: {zh: 甲, en: the first}}]}
      - {id: remark, type: long_text, label: {zh: "您是{{tier}}级，有什么意见？", en: "You are in {{tier}} tier. Any remarks?"}}
`

// personalLinks invites people of some languages to the survey tea of a running server, and returns their links.
func personalLinks(t *testing.T, p *server, surveys, data string, languages ...string) (links []string) {
	t.Helper()
	dir := t.TempDir()
	list, table := filepath.Join(dir, "list.csv"), filepath.Join(dir, "merge.csv")
	people := "name,email,tier,language\n"
	for i, language := range languages {
		people += "Somebody," + string(rune('a'+i)) + "@example.com,a," + language + "\n"
	}
	if err := os.WriteFile(list, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range [][]string{{"make", "tea", list}, {"merge", "tea", "--address", p.url, "--out", table}} {
		if out, err := exec.Command(binary, append(append([]string{"invite"}, arguments...), "--surveys", surveys, "--data", data)...).CombinedOutput(); err != nil {
			t.Fatalf("invite %v: %v\n%s", arguments, err, out)
		}
	}
	opened, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	rows, err := csv.NewReader(opened).ReadAll()
	if err != nil || len(rows) != len(languages)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := slices.IndexFunc(rows[0], func(column string) bool { return column == "link" })
	for _, row := range rows[1:] {
		if at < 0 || !strings.HasPrefix(row[at], p.url+"i/") {
			t.Fatalf("no link in %v of %v", row, rows[0])
		}
		links = append(links, row[at])
	}
	return links
}

// TestInvitedPerson follows a personal link on a phone, with the page's script and without: to the form at an address without the
// secret, over a reload and the way back, to the thanks. On a second device the link leads to the form as long as nothing was sent,
// and then what is sent there is refused and kept; the used link says so.
func TestInvitedPerson(t *testing.T) {
	t.Parallel()
	for access, scripts := range map[string]bool{"invited": true, "both": false} {
		t.Run(access, func(t *testing.T) {
			surveys, data := writeSurveys(t, map[string]string{"tea.yaml": strings.Replace(confidentialTea, "ACCESS", access, 1)}), t.TempDir()
			p := start(t, surveys, data)
			languages := []string{"zh", "en"}
			for i, link := range personalLinks(t, p, surveys, data, languages...) {
				followLink(t, p, link, languages[i], scripts)
			}
			p.waitForRespondents(t, "tea", len(languages))
			for _, secret := range []string{"/i/", "_invitation"} {
				if strings.Contains(p.log.String(), secret) {
					t.Errorf("serve logged:\n%s", p.log)
				}
			}
		})
	}
}

func followLink(t *testing.T, p *server, link, language string, scripts bool) {
	t.Helper()
	secret := link[strings.LastIndex(link, "/")+1:]
	device := func() context.Context {
		ctx := newWindow(t, language, 360)
		if !scripts {
			call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		}
		return ctx
	}
	isForm := func(ctx context.Context) {
		t.Helper()
		waitFor(t, ctx, "the form", `document.readyState === "complete" && !!document.querySelector("form[data-survey]")`)
		if at := location(t, ctx); strings.Contains(at, secret) || !strings.HasPrefix(at, p.url+"api/surveys/tea/form/"+language) {
			t.Errorf("the form is at %s", at)
		}
		for _, holds := range []string{`document.documentElement.lang === "` + language + `"`, `document.querySelector("[name=_invitation]").value === "` + secret + `"`, `document.referrer === ""`,
			`/the first|甲/.test(document.querySelector("[data-q=remark]").textContent)`, `document.documentElement.scrollWidth <= document.documentElement.clientWidth`} {
			if !isTrue(t, ctx, holds) {
				t.Errorf("not so: %s", holds)
			}
		}
	}
	first, second := device(), device()
	for _, ctx := range []context.Context{first, second} {
		do(t, ctx, chromedp.Navigate(link))
		isForm(ctx)
	}
	do(t, first, chromedp.Reload())
	isForm(first)
	do(t, first, click("taste", "4"))
	clickMiddle(t, first, ".send button")
	waitForThanks(t, first)
	if at := location(t, first); strings.Contains(at, "invited") || !isTrue(t, first, `document.referrer === ""`) {
		t.Errorf("the thanks are told where the form was: %s", at)
	}
	if receipt := isTrue(t, first, `/[0-9A-Z]{5}-/.test(document.querySelector("#receipt code").textContent)`); !receipt {
		t.Error("the thanks have no receipt")
	}

	do(t, second, click("taste", "2"), chromedp.SendKeys(css("[name=remark]"), "kept"))
	clickMiddle(t, second, ".send button")
	waitFor(t, second, "the refusal", `document.readyState === "complete" && /already answered|已填写过/.test(document.querySelector("#errors")?.textContent)`)
	if !isTrue(t, second, `document.querySelector("[name=remark]").value === "kept" && document.querySelector("[name=taste]:checked").value === "2"`) {
		t.Error("what was typed on the second device is lost")
	}

	do(t, first, chromedp.Evaluate[chromedp.Void](`history.back()`))
	waitFor(t, first, "the way back", `location.pathname.includes("/form/")`)
	for _, ctx := range []context.Context{first, device()} { // the second would ask whether to leave what was typed
		do(t, ctx, chromedp.Navigate(link))
		waitFor(t, ctx, "the used link", `document.readyState === "complete" && /already answered|已填写过/.test(document.querySelector("h1")?.textContent)`)
	}
	screenshot(t, first, "used-link-"+language+"-360")
}

// TestInvitedWithoutCookies follows a personal link in a browser that keeps no cookie, and types the letters and digits of it.
func TestInvitedWithoutCookies(t *testing.T) {
	t.Parallel()
	surveys, data := writeSurveys(t, map[string]string{"tea.yaml": strings.Replace(confidentialTea, "ACCESS", "invited", 1)}), t.TempDir()
	p := start(t, surveys, data)
	link := personalLinks(t, p, surveys, data, "en")[0]
	ctx := newWindow(t, "en", 360)
	address, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.Navigate(address.JoinPath("api/surveys/tea/form/en").String()+"?invited")) // where the link leads without its cookie
	waitFor(t, ctx, "the question for the code", `document.readyState === "complete" && !!document.querySelector("#invitation")`)
	screenshot(t, ctx, "invitation-code-360")
	do(t, ctx, chromedp.SendKeys(css("#invitation"), strings.ToLower(link[strings.LastIndex(link, "/")+1:])), chromedp.Click(css("form .button")))
	waitFor(t, ctx, "the form", `document.readyState === "complete" && !!document.querySelector("form[data-survey] [name=_invitation]")`)
	if !isTrue(t, ctx, `document.querySelector(".langs a:not([aria-current])").search === "?invited=-"`) {
		t.Error("another language leads to a form without the invitation")
	}
	do(t, ctx, click("taste", "5"))
	clickMiddle(t, ctx, ".send button")
	waitForThanks(t, ctx)
	p.waitForRespondents(t, "tea", 1)
}
