package invitation

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/codec"
	"glasspoll/internal/survey"
)

func hashOf(t testing.TB, text string) Hash {
	t.Helper()
	h, err := ParseHash(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func sample(t testing.TB) Invitation {
	return Invitation{
		Hash: hashOf(t, "000102030405060708090a0b0c0d0e0f"), Survey: "tea", Batch: "2026-11", Period: "2026-Q4", Language: "zh", Channel: "mail",
		Values: map[string]string{"tier": "A", "region": "north"}, From: "2026-11-01", Until: "2026-11-30",
	}
}

func TestStates(t *testing.T) {
	bounded := sample(t)
	used, back, both := bounded, bounded, bounded
	used.Redeemed, back.Withdrawn = true, true
	both.Redeemed, both.Withdrawn = true, true
	for _, c := range []struct {
		invitation Invitation
		today      survey.Date
		want       State
	}{
		{bounded, "2026-10-31", Early},
		{bounded, "2026-11-01", Usable},
		{bounded, "2026-11-30", Usable},
		{bounded, "2026-12-01", Expired},
		{Invitation{}, "2026-12-01", Usable},
		{Invitation{From: "2026-11-01"}, "2999-01-01", Usable},
		{back, "2026-11-15", Withdrawn},
		{back, "2026-12-15", Withdrawn},
		{used, "2026-11-15", Redeemed},
		{used, "2026-12-15", Redeemed},
		{both, "2026-12-15", Redeemed},
	} {
		if got := c.invitation.StateOn(c.today); got != c.want {
			t.Errorf("%+v on %s: state %d, want %d", c.invitation, c.today, got, c.want)
		}
	}
	used.Answer = "x"
	if issued := used.Issued(); !issued.Equal(bounded) || used.Equal(bounded) || back.Equal(bounded) {
		t.Errorf("issued: %+v", issued)
	}
}

// TestMerge merges records of one invitation in every state: the order does not matter, and nothing is undone.
func TestMerge(t *testing.T) {
	issued := sample(t)
	back, used, named, stopped := issued.Withdraw(), issued.Redeem(""), issued.Redeem("5f8"), issued.Stop()
	for _, c := range []struct{ a, b, want Invitation }{
		{issued, stopped, stopped}, {stopped, back, back.Stop()}, {stopped, named, named.Stop()}, {stopped, stopped, stopped},
		{issued, issued, issued}, {issued, back, back}, {issued, used, used}, {issued, named, named},
		{back, back, back}, {back, used, used}, {back, named, named}, {used, used, used}, {used, named, named}, {named, named, named},
	} {
		for _, got := range []Invitation{c.a.Merge(c.b), c.b.Merge(c.a)} {
			if !got.Equal(c.want) {
				t.Errorf("%+v and %+v are %+v, want %+v", c.a, c.b, got, c.want)
			}
			if err := got.Check(); err != nil {
				t.Error(err)
			}
		}
	}
	if !named.Withdraw().Equal(named) {
		t.Error("what has been used is withdrawn")
	}
}

// TestRecordBytes pins what is stored.
func TestRecordBytes(t *testing.T) {
	whole := sample(t)
	whole.Redeemed, whole.Answer = true, "5f8"
	for want, i := range map[string]Invitation{
		"01a10163746561":     {Hash: whole.Hash, Survey: "tea"},
		"01a201637465610df5": {Hash: whole.Hash, Survey: "tea", Stopped: true},
		"01aa01637465610267323032362d313103" + "67323032362d51340462" + "7a6805646d61696c06a264746965726141" + "66726567696f6e656e6f727468" + "076a323032362d31312d3031" + "086a323032362d31312d3330" + "0af50b63356638": whole,
	} {
		data := i.Encode()
		if got := hex.EncodeToString(data); got != want {
			t.Errorf("%+v is written as\n%s, want\n%s", i, got, want)
		}
		if back, err := Decode(i.Hash, data); err != nil || !reflect.DeepEqual(back, i) {
			t.Errorf("%s is read as %+v, %v", want, back, err)
		}
	}
}

func TestRecordIsRefused(t *testing.T) {
	usual := sample(t)
	changed := func(change func(*Invitation)) []byte {
		i := usual
		change(&i)
		return i.Encode()
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":           {nil, "invitation: the record is empty"},
		"no survey":         {changed(func(i *Invitation) { i.Survey = "" }), "damaged: an invitation to no survey"},
		"no day":            {changed(func(i *Invitation) { i.Until = "2026-02-30" }), "write days as 2026-12-31"},
		"used and back":     {changed(func(i *Invitation) { i.Withdrawn, i.Redeemed = true, true }), "both withdrawn and used"},
		"answers of unused": {changed(func(i *Invitation) { i.Answer = "5f8" }), "names answers and is not used"},
		"a large one":       {changed(func(i *Invitation) { i.Batch = strings.Repeat("x", MaxRecord) }), "no more than 65536 are read"},
		"a newer one":       {append([]byte{2}, usual.Encode()[1:]...), "install a newer version"},
		"a cut one":         {usual.Encode()[:20], "damaged"},
	} {
		got, err := Decode(usual.Hash, c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), usual.Hash.String()) {
			t.Errorf("%s: %+v, %v; want %s", name, got, err, c.want)
		}
	}
	if _, err := Decode(usual.Hash, []byte{2, 0xa0}); !errors.Is(err, codec.ErrNewer) {
		t.Errorf("a newer record: %v", err)
	}
	if err := (Invitation{Survey: "tea"}).Check(); err == nil {
		t.Error("an invitation without a hash is stored")
	}
}

func TestRecordsAreReadAsTheyAreWritten(t *testing.T) {
	word := rapid.StringMatching(`[a-z\p{Han}]{0,8}`)
	date := rapid.SampledFrom([]survey.Date{"", "2024-02-29", "2026-12-31"})
	rapid.Check(t, func(t *rapid.T) {
		i := Invitation{
			Survey: "s" + word.Draw(t, "survey"), Batch: word.Draw(t, "batch"), Period: word.Draw(t, "period"), Language: word.Draw(t, "language"), Channel: word.Draw(t, "channel"),
			Values: rapid.MapOfN(word, word, 0, 4).Draw(t, "values"), From: date.Draw(t, "from"), Until: date.Draw(t, "until"),
		}
		i.Hash[0], i.Stopped = 1, rapid.Bool().Draw(t, "stopped")
		switch rapid.IntRange(0, 3).Draw(t, "state") {
		case 1:
			i.Withdrawn = true
		case 2:
			i.Redeemed = true
		case 3:
			i.Redeemed, i.Answer = true, word.Draw(t, "answer")
		}
		if err := i.Check(); err != nil {
			t.Fatal(err)
		}
		back, err := Decode(i.Hash, i.Encode())
		if err != nil || !back.Equal(i) {
			t.Fatalf("%+v is read as %+v, %v", i, back, err)
		}
	})
}

// FuzzDecode wants damaged records to be errors, and what is read to be stored again without loss.
func FuzzDecode(f *testing.F) {
	usual := sample(f)
	f.Add(usual.Encode())
	f.Add(Invitation{Hash: usual.Hash, Survey: "tea", Redeemed: true, Answer: "5f8"}.Encode())
	f.Add([]byte{1, 0xa1, 6, 0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := Decode(usual.Hash, data)
		if err != nil {
			return
		}
		if again, err := Decode(i.Hash, i.Encode()); err != nil || !again.Equal(i) {
			t.Errorf("%+v is read as %+v, %v", i, again, err)
		}
	})
}

func TestCounts(t *testing.T) {
	var c Counts
	if all := c.All(); len(all) != 0 {
		t.Errorf("of nothing: %v", all)
	}
	add := func(n int, i Invitation) {
		for range n {
			c.Add(i)
		}
	}
	a, b := map[string]string{"tier": "A", "region": "x"}, map[string]string{"tier": "B"}
	add(2, Invitation{Batch: "2", Channel: "mail", Values: b, Redeemed: true})
	add(3, Invitation{Batch: "1", Channel: "mail", Values: b})
	add(1, Invitation{Batch: "1", Channel: "mail", Values: a, Withdrawn: true})
	add(4, Invitation{Batch: "1", Channel: "mail", Values: map[string]string{"region": "x", "tier": "A"}, Redeemed: true, Answer: "x"})
	add(1, Invitation{Batch: "1", Channel: "card"})
	want := []Count{
		{"1", "card", nil, 1, 0, 0},
		{"1", "mail", a, 5, 1, 4},
		{"1", "mail", b, 3, 0, 0},
		{"2", "mail", b, 2, 0, 2},
	}
	if got := c.All(); !reflect.DeepEqual(got, want) {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}
