package e2e

import (
	"strings"
	"testing"
)

// TestEnginesInputMethods answers a question of every type with a mouse, with the keyboard alone and without scripts, in each
// engine: the same response is stored each time, once.
func TestEnginesInputMethods(t *testing.T) {
	t.Parallel()
	source := everyQuestionInTurn(t)
	check := func(b *browser, open func(address string), h filler) {
		t := b.t
		t.Helper()
		data := t.TempDir()
		p := start(t, writeSurveys(t, map[string]string{"every.yaml": source}), data)
		open(p.url + "every/en/?tier=gold")
		answerEverything(h)
		b.waitForThanks()
		if url := b.url(); !strings.Contains(url, "/every/en/thanks/") && !strings.Contains(url, "/every/thanks/en?") {
			t.Errorf("after sending: %s", b.url())
		}
		checkOneStored(t, p.killAndReadAnswers(t, data, "every"), everyAnswer)
	}
	t.Run("mouse", func(t *testing.T) {
		onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) { check(b, b.open, b) })
	})
	t.Run("keyboard", func(t *testing.T) {
		onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) { check(b, b.open, keys{b}) })
	})
	t.Run("without scripts", func(t *testing.T) {
		onEngines(t, engines, browserSettings{noScripts: true}, func(t *testing.T, b *browser) { check(b, b.openWithoutScript, b) })
	})
}
