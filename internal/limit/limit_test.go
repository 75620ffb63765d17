package limit

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func TestRange(t *testing.T) {
	for _, c := range []struct {
		address, want string
	}{
		{"203.0.113.7", "203.0.113.0/24"},
		{"203.0.113.250", "203.0.113.0/24"},
		{"203.0.113.7:1234", "203.0.113.0/24"},
		{"::ffff:203.0.113.7", "203.0.113.0/24"},
		{"[::ffff:203.0.113.7]:80", "203.0.113.0/24"},
		{"::ffff:203.0.113.7%eth0", "203.0.113.0/24"},
		{"2001:db8:1:56ff::1", "2001:db8:1:5600::/56"},
		{"2001:db8:1:5600:1:2:3:4", "2001:db8:1:5600::/56"},
		{"[2001:db8:1:5612::1]:80", "2001:db8:1:5600::/56"},
		{"2001:db8:1:5612::1:46532", "2001:db8:1:5600::/56"},
		{"198.51.100.7:46532", "198.51.100.0/24"},
		{"fe80::1%eth0", "fe80::/56"},
		{"[fe80::1%eth0]:9", "fe80::/56"},
		{"127.0.0.1", "127.0.0.0/24"},
		{"::1", "::/56"},
		{"", "unknown"},
		{"@", "unknown"},
		{"203.0.113.7, 198.51.100.1", "198.51.100.0/24"},
		{"203.0.113.7,", "unknown"},
		{"203.0.113", "unknown"},
		{":", "unknown"},
	} {
		if got := Range(c.address); got != c.want {
			t.Errorf("%q is in %s, want %s", c.address, got, c.want)
		}
	}
}

// A range sends its burst, then one more for each interval; another one, and the same one in another survey, have their own.
func TestRate(t *testing.T) {
	m := NewMeter(Usual, []byte("secret"))
	sent := 0
	for now := noon; now.Before(noon.Add(10 * time.Minute)); now = now.Add(100 * time.Millisecond) {
		if !m.Level("tea", "a", now).IsOver() {
			m.Add("tea", "a", now)
			sent++
		}
	}
	if want := Usual.Burst + int(10*time.Minute/Usual.Interval); sent < want-1 || sent > want+1 {
		t.Errorf("a range sends %d in ten minutes, want %d", sent, want)
	}
	end := noon.Add(10 * time.Minute)
	if m.Level("tea", "b", end).Used() != 0 || m.Level("coffee", "a", end).Used() != 0 {
		t.Error("another range, or the same one in another survey, has been counted")
	}
	if later := end.Add(time.Hour); m.Level("tea", "a", later).Used() != 0 {
		t.Error("an hour does not make up for a burst")
	}
}

func TestLevel(t *testing.T) {
	at := func(used int) Level { return Usual.LevelAt(noon.Add(time.Duration(used)*Usual.Interval), noon) }
	for _, c := range []struct {
		used, difficulty int
		noticed, over    bool
		wait             time.Duration
	}{
		{0, 0, false, false, leastWait},
		{14, 0, false, false, leastWait},
		{15, 0, true, false, leastWait},
		{59, 0, true, false, leastWait},
		{60, 17, true, true, leastWait},
		{65, 17, true, true, 36 * time.Second},
		{119, 17, true, true, mostWait},
		{120, 18, true, true, mostWait},
		{179, 18, true, true, mostWait},
		{180, 19, true, true, mostWait},
		{60 * 9, 21, true, true, mostWait},
		{60 * 33, MostWork, true, true, mostWait},
		{60 * 1000, MostWork, true, true, mostWait},
	} {
		l := at(c.used)
		if l.Used() != c.used || l.Difficulty() != c.difficulty || l.IsNoticed() != c.noticed || l.IsOver() != c.over || l.Wait() != c.wait {
			t.Errorf("%d used: %d, difficulty %d, noticed %t, over %t, wait %s", c.used, l.Used(), l.Difficulty(), l.IsNoticed(), l.IsOver(), l.Wait())
		}
	}
	free := noon
	for range 10_000 { // however much a range sends, it is free again on the next day
		free = Usual.Next(free, noon, 1)
	}
	if at := Usual.LevelAt(free, noon.Add(4*time.Hour)); at.Used() != 0 {
		t.Errorf("four hours later a range has %d used", at.Used())
	}
}

// However many ranges send, none that is over its rate is forgotten; and as long as there are not far more of them than cells, none
// counts as over its rate that is not.
func TestMeterForgetsNobody(t *testing.T) {
	m := NewMeter(Usual, []byte("secret"))
	for range Usual.Burst {
		m.Add("tea", "attacker", noon)
	}
	for i := range 20_000 {
		m.Add("tea", strconv.Itoa(i), noon)
	}
	if !m.Level("tea", "attacker", noon).IsOver() {
		t.Error("a range is free because others have sent")
	}
	over := 0
	for i := range 20_000 {
		if m.Level("tea", strconv.Itoa(i), noon).Used() > 2 {
			over++
		}
	}
	if over > 0 {
		t.Errorf("%d of 20000 ranges count more than twice of what they have sent", over)
	}
	for i := range 300_000 {
		m.Add("tea", strconv.Itoa(i), noon)
	}
	if !m.Level("tea", "attacker", noon).IsOver() {
		t.Error("a range is free because others have sent")
	}
}

func TestRaise(t *testing.T) {
	m := NewMeter(Usual, []byte("secret"))
	m.Raise("tea", "a", noon.Add(time.Hour), noon)
	if !m.Level("tea", "a", noon).IsOver() {
		t.Error("what another process knows is not taken over")
	}
	m.Raise("tea", "a", noon, noon)
	if !m.Level("tea", "a", noon).IsOver() {
		t.Error("what this process knows was reduced")
	}
}

// A clock that was wrong, far ahead, and is put right leaves nobody over the rate until then.
func TestClockIsPutRight(t *testing.T) {
	m := NewMeter(Usual, []byte("secret"))
	m.Add("tea", "a", noon.AddDate(1, 0, 0))
	if used := m.Level("tea", "a", noon).Used(); used != 0 {
		t.Errorf("after the clock was put right, %d are used", used)
	}
	for range Usual.Burst {
		m.Add("tea", "a", noon)
	}
	if used := m.Level("tea", "a", noon).Used(); used != Usual.Burst {
		t.Errorf("then %d of %d count", used, Usual.Burst)
	}
	m.Raise("tea", "a", noon.Add(time.Hour), noon)
	if used := m.Level("tea", "a", noon).Used(); used != 600 {
		t.Errorf("what another process knows counts as %d", used)
	}
	for range 10_000 {
		m.Add("tea", "b", noon)
	}
	if !m.Level("tea", "b", noon.Add(-time.Hour)).IsOver() {
		t.Error("an answer that was long on its way evades the limit")
	}
}

func TestLabel(t *testing.T) {
	label := Label([]byte("today"), "tea", "203.0.113.0/24")
	if len(label) != 16 || strings.Contains(label, "203") || Label([]byte("today"), "tea", "203.0.113.0/24") != label {
		t.Errorf("the label is %q", label)
	}
	for _, other := range []string{Label([]byte("tomorrow"), "tea", "203.0.113.0/24"), Label([]byte("today"), "coffee", "203.0.113.0/24"), Label([]byte("today"), "tea", "203.0.114.0/24")} {
		if other == label {
			t.Error("the label is the same for something else")
		}
	}
}

func TestWork(t *testing.T) {
	k := NewKeys([]byte("secret"))
	challenge := k.Challenge("tea", "id-1", leastWork, noon)
	solution := Solve(challenge)
	for _, c := range []struct {
		name, solution, survey, id string
		difficulty                 int
		now                        time.Time
		want                       bool
	}{
		{"at once", solution, "tea", "id-1", leastWork, noon, true},
		{"again", solution, "tea", "id-1", leastWork, noon.Add(time.Minute), true},
		{"harder meanwhile", solution, "tea", "id-1", leastWork + workGrowth, noon, true},
		{"far harder meanwhile", solution, "tea", "id-1", leastWork + workGrowth + 1, noon, false},
		{"too late", solution, "tea", "id-1", leastWork, noon.Add(workLife + time.Second), false},
		{"another survey", solution, "coffee", "id-1", leastWork, noon, false},
		{"other answers", solution, "tea", "id-2", leastWork, noon, false},
		{"the challenge alone", challenge, "tea", "id-1", leastWork, noon, false},
		{"a part less", solution[:strings.LastIndexByte(solution, '.')], "tea", "id-1", leastWork, noon, false},
		{"a part more", solution + ".1", "tea", "id-1", leastWork, noon, false},
		{"no numbers", challenge + strings.Repeat(".0", parts), "tea", "id-1", leastWork, noon, false},
		{"a part twice", challenge + strings.Repeat("."+strings.Split(solution, ".")[3], parts), "tea", "id-1", leastWork, noon, false},
		{"easier by hand", "4" + solution[2:], "tea", "id-1", leastWork, noon, false},
		{"longer by hand", strings.Replace(solution, ".", ".9", 1), "tea", "id-1", leastWork, noon.Add(workLife + time.Second), false},
		{"nothing", "", "tea", "id-1", leastWork, noon, false},
		{"dots", strings.Repeat(".", 18), "tea", "id-1", leastWork, noon, false},
		{"a lot", solution + strings.Repeat("0", maxSolution), "tea", "id-1", leastWork, noon, false},
	} {
		if got := k.IsSolved(c.solution, c.survey, c.id, c.difficulty, c.now); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
	if NewKeys([]byte("other")).IsSolved(solution, "tea", "id-1", leastWork, noon) {
		t.Error("a challenge of another deployment holds")
	}
	for _, bad := range []string{"", "x", "-1.2.3", "99.2.3"} {
		if Solve(bad) != "" {
			t.Errorf("%q is solved", bad)
		}
	}
}

// The script hashes one block of SHA-256, which has room for 55 bytes.
func TestWorkFitsABlock(t *testing.T) {
	k := NewKeys([]byte("secret"))
	challenge := k.Challenge("tea", "id-1", MostWork, time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC))
	if text := fmt.Sprintf("%s.%d.%d", challenge, parts-1, 9_999_999_999); len(text) > 55 {
		t.Errorf("%d bytes are hashed", len(text))
	}
}

func TestSeal(t *testing.T) {
	k := NewKeys([]byte("secret"))
	for _, s := range []Seal{{Rendered: noon}, {Rendered: noon, Wait: noon.Add(30 * time.Second)}, {Wait: noon.Add(time.Minute)}} {
		text := k.Seal(s, "tea", "id-1")
		if got, ok := k.Open(text, "tea", "id-1", noon.Add(time.Minute)); !ok || !got.Rendered.Equal(s.Rendered) || !got.Wait.Equal(s.Wait) {
			t.Errorf("%s is read as %+v, %t", text, got, ok)
		}
		for name, ok := range map[string]bool{
			"another survey": opens(k, text, "coffee", "id-1", noon), "other answers": opens(k, text, "tea", "id-2", noon),
			"a later time": opens(k, "z"+text[1:], "tea", "id-1", noon), "too old": opens(k, text, "tea", "id-1", noon.Add(sealLife+2*time.Minute)),
			"of the future": opens(k, text, "tea", "id-1", noon.Add(-2*time.Hour)), "another deployment": opens(NewKeys(nil), text, "tea", "id-1", noon),
			"no signature": opens(k, text[:strings.LastIndexByte(text, '.')], "tea", "id-1", noon), "nothing": opens(k, "", "tea", "id-1", noon),
			"dots": opens(k, "...", "tea", "id-1", noon),
		} {
			if ok {
				t.Errorf("%s: a seal is opened", name)
			}
		}
	}
}

func opens(k Keys, text, survey, id string, now time.Time) bool {
	_, ok := k.Open(text, survey, id, now)
	return ok
}

func FuzzForeignTexts(f *testing.F) {
	k := NewKeys([]byte("secret"))
	f.Add(k.Challenge("tea", "id", leastWork, noon), k.Seal(Seal{Rendered: noon}, "tea", "id"), "203.0.113.7:80")
	f.Fuzz(func(t *testing.T, work, seal, address string) {
		if k.IsSolved(work, "tea", "other", leastWork, noon) || opens(k, seal, "tea", "other", noon) {
			t.Error("a text that was not given out holds")
		}
		if Range(address) == "" {
			t.Error("an address without a range")
		}
	})
}
