package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/e2e/webdriver"
)

// TestEnginesDrafts leaves a form half filled in: by a reload, which keeps all answers, and by closing the window, which keeps
// those that are not private.
func TestEnginesDrafts(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		p, _ := startTea(t)
		b.open(p.url + "tea/en/")
		b.choose("taste", "4")
		b.write("mail", "secret@example.com")
		b.write("remark", "好茶 & <b>谢谢</b>")
		b.waitFor("the stored draft", `(localStorage.getItem("glasspoll:tea") || "").includes("好茶")`)
		b.check(map[string]string{"nothing private on the device": `!JSON.stringify(localStorage).includes("secret")`})
		b.must(b.Reload())
		b.waitFor("all answers after a reload", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=mail]").value === "secret@example.com"`)
		b.must(b.Reopen())
		b.open(p.url + "tea/")
		b.waitForForm()
		b.check(map[string]string{
			"the choice":   `document.querySelector("[name=taste]:checked")?.value === "4"`,
			"the text":     `document.querySelector("[name=remark]").value === "好茶 & <b>谢谢</b>"`,
			"no address":   `document.querySelector("[name=mail]").value === ""`,
			"a line of it": `/^尚未提交。您于.+填写的内容已保存在本设备上/.test(document.getElementById("kept").textContent)`,
		})
		b.click(submitButton)
		b.waitForThanks()
		b.check(map[string]string{"the draft is gone": `localStorage.length === 0`})
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestEnginesBackAndForward goes back from the thank-you page, forward, and back again to send the form once more: one response is
// stored.
func TestEnginesBackAndForward(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		data := t.TempDir()
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey}), data)
		b.open(p.url + "tea/en/")
		b.choose("taste", "4")
		b.write("place", "East Gate")
		b.click(submitButton)
		receipt := b.waitForThanks()
		b.must(b.Back())
		b.waitForForm()
		b.must(b.Forward())
		if again := b.waitForThanks(); again != receipt {
			t.Errorf("forward shows the receipt %s, want %s", again, receipt)
		}
		b.must(b.Back())
		b.waitForForm()
		// A browser may restore an empty form; then it is filled in as before.
		if !b.is(`document.querySelector("[name=taste]:checked")`) {
			b.choose("taste", "4")
			b.write("place", "East Gate")
		}
		b.click(submitButton)
		if again := b.waitForThanks(); again != receipt {
			t.Errorf("sent again: receipt %s, want %s", again, receipt)
		}
		checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), map[string]string{"taste": "4", "place": "East Gate"})
	})
}

// TestEnginesSteps walks through the steps of a form, back by the browser's button and the page's.
func TestEnginesSteps(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": stepsSurvey}), t.TempDir())
		at := func(step int) string { return fmt.Sprintf(`document.querySelector("progress").value === %d`, step) }
		b.open(p.url + "tea/en/")
		b.click(submitButton)
		b.waitFor("the message of the required question", `document.getElementById("e-taste")?.textContent && document.activeElement.name === "taste"`)
		b.check(map[string]string{"the first step": at(1)})
		b.choose("taste", "5")
		b.click(submitButton)
		b.waitFor("the second step", at(2))
		b.check(map[string]string{"its heading has the focus": `document.activeElement.textContent === "Details"`})
		b.choose("parts.cup", "good")
		b.choose("parts.water", "bad")
		b.click(submitButton)
		b.waitFor("the last step", at(3))
		b.run(`history.back()`) // the driver's command would wait for another page
		b.waitFor("back by the browser", at(2))
		b.run(`history.forward()`)
		b.waitFor("forward", at(3))
		b.click("#back")
		b.waitFor("back by the page", at(2))
		b.must(b.Reload())
		b.waitFor("the same step after a reload", `document.readyState === "complete" && `+at(2)+` && document.querySelector("[name=taste]:checked")?.value === "5"`)
		b.click(submitButton)
		b.waitFor("the last step again", at(3))
		b.click(submitButton)
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestEnginesOffline sends while the server is down, and then while its reply is lost: the page does not say that anything was
// sent before it was, sends again by itself, and each submission counts once.
func TestEnginesOffline(t *testing.T) {
	t.Parallel()
	const notSent = `document.getElementById("state")?.textContent.startsWith("Not sent yet")`
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		data := t.TempDir()
		surveys := writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey})
		p := start(t, surveys, data)
		b.open(p.url + "tea/en/")
		b.choose("taste", "2")
		b.write("place", "东门店")
		p.kill()
		b.click(submitButton)
		b.waitFor("not sent yet", notSent)
		b.check(map[string]string{"the answers are kept": `document.querySelector("[name=place]").value === "东门店"`})
		p = startAt(t, strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/"), surveys, data)
		b.waitForThanks()

		proxy := newFaultyProxy(t, p)
		b.open(proxy.url + "tea/en/")
		b.choose("taste", "3")
		proxy.setMode("lost")
		b.click(submitButton)
		p.waitForRespondents(t, "tea", 2)
		b.waitFor("not sent yet", notSent)
		proxy.setMode("")
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 2)
	})
}

// TestEnginesStorageOff fills in and sends a form where the browser stores nothing, while the server does not reply at first.
func TestEnginesStorageOff(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{noStorage: true}, func(t *testing.T, b *browser) {
		p, proxy := startTea(t)
		b.open(proxy.url + "tea/en/")
		b.choose("taste", "4")
		b.write("remark", "x")
		proxy.setMode("dead")
		b.click(submitButton)
		b.waitFor("not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
		proxy.setMode("")
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestEnginesWithoutScripts sends a form with a mistake, corrects it, and loses the reply: going back and sending again stores
// nothing more, and another answer is another response.
func TestEnginesWithoutScripts(t *testing.T) {
	t.Parallel()
	// Equal answers from one address are not merged here: the form's id tells that it is the same submission.
	source := strings.Replace(teaSurvey, "sections:", "channels: [web]\nduplicates: keep\nsections:", 1)
	onEngines(t, engines, browserSettings{noScripts: true}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": source}), t.TempDir())
		proxy := newFaultyProxy(t, p)
		id := func() string {
			t.Helper()
			id, err := webdriver.Evaluate[string](b.Session, `document.querySelector("[name=_id]").value`)
			b.must(err)
			return id
		}
		b.openWithoutScript(proxy.url + "tea/en/?c=web")
		b.write("cups", "9999")
		b.write("remark", "好茶 & <b>")
		b.click(submitButton)
		b.waitFor("the form with messages", `document.readyState === "complete" && document.querySelectorAll("#errors li a").length === 2`)
		b.check(map[string]string{
			"what was typed": `document.querySelector("[name=cups]").value === "9999" && document.querySelector("[name=remark]").value === "好茶 & <b>"`,
			"its message":    `document.getElementById("e-cups").textContent.trim()`,
			"its mark":       `document.getElementById("q-cups").getAttribute("aria-invalid") === "true"`,
		})

		b.openWithoutScript(proxy.url + "tea/en/?c=web")
		b.choose("taste", "4")
		first := id()
		proxy.setMode("lost")
		b.Click(b.find(submitButton)) // fails in engines that wait for the page
		p.waitForRespondents(t, "tea", 1)
		b.Back() // as above
		b.waitFor("the form as it was sent", fmt.Sprintf(`document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=_id]").value === %q`, first))
		proxy.setMode("")
		b.click(submitButton)
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 1)

		b.openWithoutScript(proxy.url + "tea/en/?c=web")
		if another := id(); another == first {
			t.Error("another form has the same id")
		}
		b.choose("taste", "4")
		b.click(submitButton)
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 2)
	})
}

// TestEnginesWithoutStylesheet opens a form whose stylesheet cannot be loaded: nothing is large, and it can be sent.
func TestEnginesWithoutStylesheet(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		data := t.TempDir()
		p := start(t, writeSurveys(t, map[string]string{"marks.yaml": marksSurvey}), data)
		to, err := url.Parse(p.url)
		if err != nil {
			t.Fatal(err)
		}
		pages := httputil.NewSingleHostReverseProxy(to)
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".css") {
				http.NotFound(w, r)
				return
			}
			pages.ServeHTTP(w, r)
		}))
		t.Cleanup(proxy.Close)
		small := map[string]string{"pictures as small as text": `getComputedStyle(document.body).display === "block" && [...document.querySelectorAll("svg")].every(s => s.getBoundingClientRect().width < 60)`}
		b.open(proxy.URL + "/marks/en/")
		b.check(small)
		b.choose("faces", "2")
		b.choose("stars", "3")
		b.click(submitButton)
		b.waitForThanks()
		b.check(small)
		checkOneStored(t, p.killAndReadAnswers(t, data, "marks"), map[string]string{"faces": "2", "stars": "3"})
	})
}

const marksSurvey = `title: {en: Marks, zh: 打分}
languages: [en, zh]
results: {min_group: 1}
sections:
  - questions:
      - {id: stars, type: rating, steps: 5, display: stars, label: {en: Stars, zh: 星级}}
      - {id: faces, type: rating, steps: 5, display: faces, label: {en: Faces, zh: 表情}}
      - {id: numbers, type: rating, steps: 5, display: numbers, label: {en: Numbers, zh: 数字}}
      - {id: again, type: yes_no, label: {en: Again, zh: 再来}}
      - {id: one, type: single_choice, label: {en: One, zh: 单选}, options: [{id: a, label: {en: A, zh: 甲}}, {id: b, label: {en: B, zh: 乙}}]}
      - {id: many, type: multi_choice, label: {en: Many, zh: 多选}, options: [{id: a, label: {en: A, zh: 甲}}, {id: b, label: {en: B, zh: 乙}}]}
`

// TestEnginesForcedColors compares pictures of controls in forced colours: what is not chosen is seen, and differs in shape or
// ground, not in its hue alone, from what is chosen.
func TestEnginesForcedColors(t *testing.T) {
	t.Parallel()
	withForcedColors := engines[:2]
	onEngines(t, withForcedColors, browserSettings{forcedColors: true}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"marks.yaml": marksSurvey}), t.TempDir())
		b.open(p.url + "marks/en/")
		b.check(map[string]string{"forced colours": `matchMedia("(forced-colors: active)").matches`})
		for _, q := range []struct{ name, chosen, other string }{
			{"stars", "3", "5"}, {"faces", "3", "5"}, {"numbers", "3", "5"}, {"again", "yes", "no"}, {"one", "a", "b"}, {"many", "a", "b"},
		} {
			b.choose(q.name, q.chosen)
			b.run(`document.activeElement.blur()`)
			with, without := b.inked(string(labelOf(q.name, q.chosen))), b.inked(string(labelOf(q.name, q.other)))
			if without < 10 {
				t.Errorf("%s: of what is not chosen, %d pixels are seen", q.name, without)
			}
			if with < without+without/5 {
				t.Errorf("%s: what is chosen has %d pixels, what is not has %d", q.name, with, without)
			}
		}
	})
}

// inked counts the pixels of an element whose colour is not that of the page.
func (b *browser) inked(css string) (n int) {
	b.t.Helper()
	b.scrollTo(css)
	box, err := webdriver.Evaluate[[]int](b.Session, fmt.Sprintf(`(e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom].map(Math.round); })(document.querySelector('%s'))`, css))
	b.must(err)
	picture, err := b.Screenshot()
	b.must(err)
	decoded, err := png.Decode(bytes.NewReader(picture))
	b.must(err)
	page := color.NRGBAModel.Convert(decoded.At(2, box[1]))
	inner := image.Rect(box[0], box[1], box[2], box[3])
	for y := inner.Min.Y; y < inner.Max.Y; y++ {
		for x := inner.Min.X; x < inner.Max.X; x++ {
			if color.NRGBAModel.Convert(decoded.At(x, y)) != page {
				n++
			}
		}
	}
	return n
}

// TestEnginesPrint prints a form: dates that are filled in but no masks of dates, no hints to tap, and the questions are numbered
// without gaps, also those that are shown on paper only. WebKitGTK's driver cannot print.
func TestEnginesPrint(t *testing.T) {
	t.Parallel()
	reader, err := program("poppler-utils", "pdftotext")
	if err != nil {
		t.Fatal(err)
	}
	onEngines(t, engines[:2], browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"every.yaml": everyQuestion(t)}), t.TempDir())
		b.open(p.url + "every/en/")
		b.check(map[string]string{"a date and a hint on the screen": `document.querySelector("[type=date]") && document.body.innerText.includes("Tap them in your order")`})
		b.when("day", "2026-05-06", "05062026")
		pdf, err := b.Print()
		b.must(err)
		file := filepath.Join(t.TempDir(), "form.pdf")
		b.must(os.WriteFile(file, pdf, 0o666))
		text, err := exec.Command(reader, "-layout", file, "-").Output()
		b.must(err)
		printed := strings.Join(strings.Fields(string(text)), " ")
		for _, unwanted := range []string{"yyyy", "--:--", "Tap them", "Send answers"} {
			if strings.Contains(strings.ReplaceAll(printed, " ", ""), strings.ReplaceAll(unwanted, " ", "")) {
				t.Errorf("%q is printed:\n%s", unwanted, text)
			}
		}
		for _, wanted := range []string{"18 Date", "05/06/2026", "24 Put in order", "28 Hour", "30 Can we mend it?"} {
			if !strings.Contains(strings.ReplaceAll(printed, " / ", "/"), wanted) {
				t.Errorf("%q is not printed:\n%s", wanted, text)
			}
		}
		for page := range strings.SplitSeq(strings.TrimRight(string(text), "\f\n"), "\f") {
			lines := strings.Split(strings.TrimSpace(page), "\n")
			if last := strings.TrimSpace(lines[len(lines)-1]); last == "Marks" || last == "Choices" {
				t.Errorf("the heading %q is alone at the end of a page", last)
			}
		}
	})
}

// TestEnginesChinese checks that no engine spaces digits that it would draw over each other: WebKitGTK does with text-autospace.
func TestEnginesChinese(t *testing.T) {
	t.Parallel()
	onEngines(t, engines[2:], browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"marks.yaml": marksSurvey}), t.TempDir())
		b.open(p.url + "marks/zh/")
		b.check(map[string]string{
			"Chinese":    `document.documentElement.lang === "zh" && getComputedStyle(document.body).lineBreak === "strict"`,
			"no spacing": `getComputedStyle(document.body).textAutospace !== "normal"`,
		})
	})
}
