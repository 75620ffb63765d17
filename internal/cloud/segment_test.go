package cloud

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/answer"
)

// record returns the stored form of a response with a remark of some bytes.
func record(n, size int) []byte {
	r := worldResponse(n, "2026-10")
	r.Answers = append(r.Answers, answer.Answer{"remark", strings.Repeat("x", size)})
	return answer.Append(nil, r, nil)
}

// Segments are read as they were written, whatever the clocks say.
func TestSegment(t *testing.T) {
	want := []placed{{5, record(0, 10)}, {-7, record(1, 0)}, {math.MaxInt64, record(2, 70_000)}, {math.MinInt64, record(3, 1)}}
	got, err := decodeSegment(encodeSegment(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if first, last := span(want); first != math.MinInt64 || last != math.MaxInt64 {
		t.Errorf("from %d to %d", first, last)
	}
	for i := range want {
		if at, err := indexOf(want, worldResponse(i, "").ID); at != i || err != nil {
			t.Errorf("response %d is at %d, %v", i, at, err)
		}
	}
	if at, err := indexOf(want, "another"); at != -1 || err != nil {
		t.Errorf("another one is at %d, %v", at, err)
	}
	body := encodeSegment(want)
	for n := range 100 {
		if _, err := decodeSegment(body[:n]); err == nil && !isPrefix(want, body[:n]) {
			t.Errorf("the first %d bytes are read", n)
		}
	}
	if _, err := decodeSegment(append([]byte{segmentVersion + 1}, body[1:]...)); err == nil || !strings.Contains(err.Error(), "install a newer version") {
		t.Errorf("a segment of a newer version: %v", err)
	}
}

// isPrefix reports whether data is the body of the first of some entries.
func isPrefix(entries []placed, data []byte) bool {
	for n := range entries {
		if n > 0 && bytes.Equal(encodeSegment(entries[:n]), data) {
			return true
		}
	}
	return false
}

// Every response gets into a segment, in order; none is larger than it may be unless it has one response.
func TestPack(t *testing.T) {
	var all []waiting
	for n, size := range []int{10, 30_000, 29_000, 70_000, 300_000, 0, 0, 59_000, 2_000, 1} {
		all = append(all, waiting{id: worldResponse(n, "").ID, at: int64(n), record: record(n, size)})
	}
	left := slices.Clone(all)
	var got [][]byte
	for len(left) > 0 {
		body, n, full := pack(left)
		if n == 0 || len(body) > maxSegment && n > 1 || full != (n < len(left)) {
			t.Fatalf("%d responses of %d bytes, full: %t", n, len(body), full)
		}
		entries, err := decodeSegment(body)
		if err != nil || len(entries) != n {
			t.Fatal(entries, err)
		}
		for _, e := range entries {
			got = append(got, e.record)
		}
		left = left[n:]
	}
	for i, w := range all {
		if !bytes.Equal(got[i], w.record) {
			t.Errorf("response %d is another one", i)
		}
	}
}

// What expires on different days, or never, is in different segments, so that none stays for the sake of another.
func TestPackByExpiry(t *testing.T) {
	const day = expiryMargin
	var left []waiting
	for n, expires := range []int64{100 * day, 100*day + 5, 101 * day, 101*day + 1, 300 * day, 200 * day, 0, 0} {
		left = append(left, waiting{id: worldResponse(n, "").ID, record: record(n, 1), expires: expires})
	}
	var got []int
	for len(left) > 0 {
		_, n, _ := pack(left)
		got, left = append(got, n), left[n:]
	}
	if want := []int{3, 1, 1, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("segments of %v responses, want %v", got, want)
	}
}

func FuzzSegment(f *testing.F) {
	f.Add(encodeSegment([]placed{{1, []byte("a")}, {1 << 60, nil}}))
	f.Add([]byte{segmentVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, err := decodeSegment(body)
		if err != nil {
			return
		}
		again, err := decodeSegment(encodeSegment(entries))
		if err != nil || !reflect.DeepEqual(again, entries) {
			t.Errorf("%v is written and read as %v, %v", entries, again, err)
		}
	})
}

// Cursors sort in the order of the log, and lead to the entry after theirs.
func TestCursors(t *testing.T) {
	var before string
	for number := 1; number < 12; number++ {
		for index := range number {
			cursor := cursorAt(number, index, number)
			if cursor <= before {
				t.Errorf("%s is not after %s", cursor, before)
			}
			before = cursor
			next, at := number, index+1
			if index == number-1 {
				next, at = number+1, 0
			}
			if gotNumber, gotIndex, err := parseCursor(cursor); gotNumber != next || gotIndex != at || err != nil {
				t.Errorf("after %s comes %d.%d, %v; want %d.%d", cursor, gotNumber, gotIndex, err, next, at)
			}
		}
	}
	for _, foreign := range []string{"x", "00000000000000000123#id", "0000000001.0000", "0000000001.000001", "-000000001.00001"} {
		if _, _, err := parseCursor(foreign); err == nil {
			t.Errorf("%q is taken for a cursor", foreign)
		}
	}
}

func TestResponseKey(t *testing.T) {
	for pk, want := range map[string][2]string{
		shardKey("tea", "2026-Q4", 7): {"tea", "2026-Q4#0007"}, textOf(idKey("tea", "a#b"), partKey): {"tea", "#"}, "W#tea": {"tea", "#"}, "E#tea#2026-Q4": {"tea", "2026-Q4#"},
		"J#tea#2026-Q4#0000000001": {}, "Q#tea#2026-Q4": {}, "Q#tea": {}, "I#tea": {}, "S": {}, "": {}, "R#tea#2026-Q4#07": {}, "T#tea": {},
	} {
		survey, name, ok := ResponseKey(pk)
		if ok != (want[0] != "") || ok && [2]string{survey, name} != want {
			t.Errorf("%s is of %q %q, %t", pk, survey, name, ok)
		}
	}
}
