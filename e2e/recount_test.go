package e2e

import (
	"bytes"
	"compress/gzip"
	encoding "encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/fxamacker/cbor/v2"
)

// A recount reads the items of a table and the objects of a bucket as docs/formats.md describes them, without the program's code,
// and compares them with each other and with what respondents were told.

// recount is what is stored of a survey.
type recount struct {
	t       *testing.T
	survey  string
	items   map[[2]string]map[string]types.AttributeValue
	logs    map[string][]string // ids in their order, by period
	erased  map[string]bool     // tombstones in the logs
	waiting map[string]bool     // ids in the queue
	taken   map[string]bool     // ids that have an item of their own
	faults  []string
}

func (c *recount) faultf(format string, values ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, values...))
}

// report fails the test with the faults that were found.
func (c *recount) report(t *testing.T) {
	t.Helper()
	for _, fault := range c.faults {
		t.Error(fault)
	}
}

// wantEntries checks how many responses the log of a period has.
func (c *recount) wantEntries(period string, n int) {
	if got := len(c.logs[period]); got != n {
		c.faultf("the log of %s has %d responses, want %d", period, got, n)
	}
}

// recountOf reads what is stored of a survey among the items of a table, by key.
func recountOf(t *testing.T, items map[[2]string]map[string]types.AttributeValue, survey string) *recount {
	t.Helper()
	c := &recount{
		t: t, survey: survey, items: items, logs: map[string][]string{}, erased: map[string]bool{}, waiting: map[string]bool{}, taken: map[string]bool{},
	}
	segments := map[string]map[int][]string{} // by period and number
	for key, item := range c.items {
		parts := strings.Split(key[0], "#")
		if len(parts) < 2 || parts[1] != survey {
			continue
		}
		switch parts[0] {
		case "I":
			c.taken[parts[2]] = true
		case "Q":
			c.waiting[key[1]] = true
		case "J":
			number, err := strconv.Atoi(parts[3])
			if err != nil {
				t.Fatalf("the segment %s: %v", key[0], err)
			}
			if segments[parts[2]] == nil {
				segments[parts[2]] = map[int][]string{}
			}
			segments[parts[2]][number] = c.readSegment(key[0], bytesIn(item, "body"))
		}
	}
	for period, byNumber := range segments {
		head := c.items[[2]string{"L#" + survey, period}]
		if last := integerIn(head, "last"); last != len(byNumber) {
			c.faultf("the head of %s names %d segments, and there are %d", period, last, len(byNumber))
		}
		for number := 1; number <= len(byNumber); number++ {
			c.logs[period] = append(c.logs[period], byNumber[number]...)
		}
		if entries := integerIn(head, "entries"); entries != len(c.logs[period]) {
			c.faultf("the head of %s counts %d entries, and there are %d", period, entries, len(c.logs[period]))
		}
	}
	return c
}

func bytesIn(item map[string]types.AttributeValue, name string) []byte {
	if b, ok := item[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

func integerIn(item map[string]types.AttributeValue, name string) int {
	if n, ok := item[name].(*types.AttributeValueMemberN); ok {
		i, _ := strconv.Atoi(n.Value)
		return i
	}
	return 0
}

// readSegment returns the ids of a segment's entries: 01, then for each its arrival, its length and its bytes, which are 01, flags,
// and the id.
func (c *recount) readSegment(name string, body []byte) (ids []string) {
	c.t.Helper()
	if len(body) == 0 || body[0] != 1 {
		c.t.Fatalf("%s begins with %x", name, body[:min(len(body), 1)])
	}
	for body = body[1:]; len(body) > 0; {
		_, n := encoding.Varint(body)
		length, more := encoding.Uvarint(body[max(n, 0):])
		if n <= 0 || more <= 0 || uint64(len(body)-n-more) < length || length < 18 {
			c.t.Fatalf("%s is cut off", name)
		}
		record := body[n+more : n+more+int(length)]
		body = body[n+more+int(length):]
		if record[0] != 1 || record[1]&2 != 0 {
			c.t.Fatalf("an entry of %s begins with %x", name, record[:2])
		}
		id := hex.EncodeToString(record[2:18])
		id = id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
		if ids = append(ids, id); record[1]&1 != 0 {
			c.erased[id] = true
		}
	}
	return ids
}

// decode reads a compressed record: 02, then CBOR with integer keys.
func (c *recount) decode(key [2]string) map[int]cbor.RawMessage {
	c.t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(bytesIn(c.items[key], "body")))
	if err != nil {
		c.t.Fatalf("%v: %v", key, err)
	}
	data, err := io.ReadAll(r)
	if err != nil || len(data) == 0 || data[0] != 2 {
		c.t.Fatalf("%v: %v, %.8x", key, err, data)
	}
	var record map[int]cbor.RawMessage
	c.read(data[1:], &record)
	return record
}

func (c *recount) read(data cbor.RawMessage, into any) {
	c.t.Helper()
	if len(data) == 0 {
		return // left out, because it is empty
	}
	if err := cbor.Unmarshal(data, into); err != nil {
		c.t.Fatal(err)
	}
}

// respondentsIn adds up the respondents of all cohorts of the parts of a record; key is that of a part's cohorts.
func (c *recount) respondentsIn(record map[int]cbor.RawMessage, parts, key int) (n int) {
	c.t.Helper()
	var all map[string]map[int]cbor.RawMessage
	c.read(record[parts], &all)
	for _, part := range all {
		var cohorts map[string][]byte
		c.read(part[key], &cohorts)
		for _, packed := range cohorts {
			n += firstPacked(packed)
		}
	}
	return n
}

// firstPacked returns the first of packed counters, which is that of respondents.
func firstPacked(packed []byte) int {
	if len(packed) < 2 {
		return 0
	}
	if packed[0] == 1 {
		n, _ := encoding.Varint(packed[1:])
		return int(n)
	}
	n, _ := encoding.Uvarint(packed[1:])
	return int(n)
}

// text reads a text of a record.
func (c *recount) text(data cbor.RawMessage) (s string) {
	c.t.Helper()
	c.read(data, &s)
	return s
}

// number reads an integer of a record.
func (c *recount) number(data cbor.RawMessage) (n int) {
	c.t.Helper()
	c.read(data, &n)
	return n
}

// periods returns the periods that have a log, in order.
func (c *recount) periods() []string { return slices.Sorted(maps.Keys(c.logs)) }

// checkLogs checks that each id is in the logs once and in the queue no more, that whatever was acknowledged is among them, and
// that nothing is there that nobody has sent.
func (c *recount) checkLogs(sent, acknowledged map[string]bool) {
	c.t.Helper()
	if len(c.waiting) > 0 {
		c.faultf("%d responses still wait", len(c.waiting))
	}
	times := map[string]int{}
	for _, period := range c.periods() {
		for _, id := range c.logs[period] {
			times[id]++
		}
	}
	for id := range acknowledged {
		if times[id] != 1 {
			c.faultf("%s was acknowledged, and is in the logs %d times", id, times[id])
		}
	}
	for id, n := range times {
		if n != 1 || !sent[id] || !c.taken[id] {
			c.faultf("%s is in the logs %d times; it was sent: %t, and its id is taken: %t", id, n, sent[id], c.taken[id])
		}
	}
	if len(c.taken) != len(times) {
		c.faultf("%d ids are taken, and %d responses are in the logs", len(c.taken), len(times))
	}
}

// checkTallies checks that of each log everybody is counted once, in the tally or in a block of a release, that releases have all
// numbers, that their dates do not go back and are not after today, and that what they have added is what the last one has.
func (c *recount) checkTallies(today string) {
	c.t.Helper()
	for _, period := range c.periods() {
		erased := 0
		for _, id := range c.logs[period] {
			if c.erased[id] {
				erased++
			}
		}
		tally := c.decode([2]string{"T#" + c.survey, period})
		var days map[string]int
		c.read(tally[7], &days)
		received := 0
		for day, n := range days {
			received += n
			if day > today {
				c.faultf("%d of %s count under %s, and today is %s", n, period, day, today)
			}
		}
		if received != len(c.logs[period]) || c.number(tally[11]) != erased {
			c.faultf("the tally of %s has received %d and erased %d; in the log are %d, %d of them erased", period, received, c.number(tally[11]), len(c.logs[period]), erased)
		}
		released := 0
		own := "P#" + c.survey + "#" + period
		if number := integerIn(c.items[[2]string{"P#" + c.survey, period}], "number"); number > 0 {
			last := c.decode([2]string{own, "sum"})
			released = c.respondentsIn(last, 20, 7)
			if c.number(last[3]) != number || c.number(tally[6]) != number {
				c.faultf("%s has %d releases, the last one says %d, and the tally %d", period, number, c.number(last[3]), c.number(tally[6]))
			}
			c.checkHistory(own, number, released, today)
		}
		if waiting := c.respondentsIn(tally, 8, 2); waiting+released != len(c.logs[period])-erased {
			c.faultf("of %s %d wait and %d are in blocks, of %d", period, waiting, released, len(c.logs[period])-erased)
		}
	}
}

// checkHistory checks what each of the releases of a period has added.
func (c *recount) checkHistory(own string, number, released int, today string) {
	c.t.Helper()
	added, before := 0, ""
	for n := 1; n <= number; n++ {
		key := [2]string{own, fmt.Sprintf("%010d", n)}
		if c.items[key] == nil {
			c.faultf("%s has no release %d", own, n)
			continue
		}
		one := c.decode(key)
		added += c.respondentsIn(one, 20, 7)
		date := c.text(one[4])
		if date < before || date > today {
			c.faultf("release %d of %s is of %s, the one before of %s, and today is %s", n, own, date, before, today)
		}
		before = date
	}
	if c.items[[2]string{own, fmt.Sprintf("%010d", number+1)}] != nil || added != released {
		c.faultf("the %d releases of %s have added %d, and the last one has %d", number, own, added, released)
	}
}

// checkPages checks that no file is cut off, and that the files of the newest period count everybody who is in its log, by their
// answers: each value of want was given so many times by those who were acknowledged.
func (c *recount) checkPages(objects map[string]*s3.GetObjectOutput, question string, want map[string]int) {
	c.t.Helper()
	var page resultsFile
	for key, o := range objects {
		body := readBody(c.t, o)
		whole := o.ContentLength == nil || int64(len(body)) == *o.ContentLength
		switch {
		case strings.HasSuffix(key, ".html"):
			end := strings.TrimSpace(body)
			whole = whole && (strings.HasSuffix(end, "</main>") || strings.HasSuffix(end, "</footer>"))
		case strings.HasSuffix(key, ".json"):
			whole = whole && json.Valid([]byte(body))
		case strings.HasSuffix(key, ".csv"):
			rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
			whole = whole && err == nil && len(rows) > 1 && strings.HasSuffix(body, "\n")
		}
		if !whole {
			c.faultf("%s is not whole:\n%.400s", key, body)
		} else if key == c.survey+"/results/results.json" {
			if err := json.Unmarshal([]byte(body), &page); err != nil {
				c.faultf("%s: %v", key, err)
			}
		}
	}
	total := 0
	for value, n := range want {
		total += n
		if got := page.Questions[question].Counts[value]; got != n {
			c.faultf("the page counts %d times %s, and %d were sent", got, value, n)
		}
	}
	if page.Respondents != total {
		c.faultf("the page counts %d respondents of %d", page.Respondents, total)
	}
}

// todayIn returns the day of now in a timezone.
func todayIn(t *testing.T, zone string) string {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(location).Format(time.DateOnly)
}

// TestRecountFindsFaults damages what is stored, in one way after the other: the recount says so.
func TestRecountFindsFaults(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	r := newRespondents(d, "service", serviceSubmission, d.submit)
	r.sendNew(5)
	d.publishUntilDone()
	period := d.survey.PeriodAt(time.Now())
	type items = map[[2]string]map[string]types.AttributeValue
	var emptyTally bytes.Buffer
	w := gzip.NewWriter(&emptyTally)
	w.Write([]byte{2, 0xa0}) // neither fails in memory
	w.Close()
	own := [2]string{"P#service#" + period, "0000000001"}
	for name, damage := range map[string]func(items){
		"nothing": func(items) {},
		"a response that still waits": func(all items) {
			all[[2]string{"Q#service#" + period + "#0000", "x"}] = attributes{"body": binaryValue(nil)}
		},
		"a segment twice": func(all items) {
			all[[2]string{"J#service#" + period + "#0000000002", "-"}] = all[[2]string{"J#service#" + period + "#0000000001", "-"}]
		},
		"a segment that is lost":     func(all items) { delete(all, [2]string{"J#service#" + period + "#0000000001", "-"}) },
		"an id that is free again":   func(all items) { delete(all, [2]string{"I#service#00000000-0000-4000-8000-000000000003", "-"}) },
		"a release that is lost":     func(all items) { delete(all, own) },
		"a release too many":         func(all items) { all[[2]string{own[0], "0000000002"}] = all[own] },
		"a tally of another period":  func(all items) { all[[2]string{"T#service", period}] = all[[2]string{"T#service", "other"}] },
		"releases of another number": func(all items) { all[[2]string{"P#service", period}] = attributes{"number": whole(2)} },
	} {
		all := d.allItems(t, d.name())
		all[[2]string{"T#service", "other"}] = attributes{"body": binaryValue(emptyTally.Bytes())}
		damage(all)
		c := recountOf(t, all, "service")
		c.checkLogs(r.sent, r.acknowledged)
		if len(c.logs) > 0 {
			c.checkTallies(todayIn(t, d.survey.Timezone))
		}
		if (len(c.faults) == 0) != (name == "nothing") {
			t.Errorf("%s: %q", name, c.faults)
		}
	}
	c := recountOf(t, d.allItems(t, d.name()), "service")
	c.checkPages(d.objects(t), "overall", map[string]int{"1": 2, "2": 1, "3": 1, "4": 1, "5": 1})
	if len(c.faults) != 2 {
		t.Errorf("the counts of the page: %q", c.faults)
	}
}
