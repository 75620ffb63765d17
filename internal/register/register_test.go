package register

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"glasspoll/internal/cases"
	"glasspoll/internal/survey"
)

var now = time.Date(2026, 11, 10, 4, 0, 0, 0, time.UTC)

func book() cases.Book {
	hours, days := 24, 5
	return cases.Book{Survey: "service", Timezone: "Asia/Shanghai", PeriodAt: func(t time.Time) string { return t.Format("2006-01") },
		Deadlines: []survey.Deadline{{Channel: "phone", Hours: &hours}, {Channel: "letter", Days: &days}}}
}

func TestRead(t *testing.T) {
	chinese := "十月投诉登记表\n编号,受理时间,渠道,小类,严重程度,负责岗位,备注,办结日期,处理结果,是否告知,是否认可\n" +
		"T-1,2026/11/2 9:30,电话,late,严重,客服部,送货晚了,,,,\n" +
		"X-2,2026年11月3日,信函,,,,,2026-11-05,换货,是,未征求意见\n\n"
	l, err := Read(book(), []byte(chinese), "desk", now)
	if err != nil || len(l.Faults) > 0 || len(l.Cases) != 2 || l.Rows != 2 {
		t.Fatalf("%+v, %v", l, err)
	}
	first, second := l.Cases[0], l.Cases[1]
	if first.Channel != "phone" || first.Type != "complaint" || first.Subtype != "late" || first.Severity != survey.Major || first.Owner != "客服部" ||
		first.Deadline() != "2026-11-03 09:30" || first.Status != cases.Open || first.Period != "2026-11" || first.Changes[0].By != "desk" {
		t.Errorf("%+v", first)
	}
	if second.Deadline() != "2026-11-08" || second.Status != cases.Closed || !second.InTime() || !second.CustomerTold || second.Agreed != cases.NotAsked || second.Days() != 2 {
		t.Errorf("%+v", second)
	}
	again, err := Read(book(), []byte(chinese), "desk", now.Add(time.Hour))
	if err != nil || again.Cases[0].ID != first.ID || again.Cases[1].ID != second.ID || first.ID == second.ID {
		t.Errorf("read again they are other cases: %v", err)
	}
}

// TestTimesOfDay has deadlines and ends of a register that has times in some places only.
func TestTimesOfDay(t *testing.T) {
	for row, want := range map[string]string{
		"1,2026-11-01 14:30,visit,2026-11-05 18:00,2026-11-05 20:00": "2026-11-05 18:00 false",
		"1,2026-11-01 14:30,visit,2026-11-05 18:00,2026-11-05 17:00": "2026-11-05 18:00 true",
		"1,2026-11-01 14:30,visit,2026-11-05,2026-11-05 20:00":       "2026-11-05 true",
		"1,2026-11-01 14:30,visit,,2026-11-01":                       " true",
		"1,2026-11-01 14:30,phone,,2026-11-01":                       "2026-11-02 14:30 true",
	} {
		l, err := Read(book(), []byte("number,date,channel,due,closed,result,told,agreed\n"+row+",done,yes,yes"), "", now)
		if err != nil || len(l.Cases) != 1 {
			t.Errorf("%s: %+v, %v", row, l, err)
			continue
		}
		if c := l.Cases[0]; fmt.Sprint(c.Deadline(), " ", c.InTime()) != want {
			t.Errorf("%s: %s %v, want %s", row, c.Deadline(), c.InTime(), want)
		}
	}
}

func TestReadWorkbook(t *testing.T) {
	f := excelize.NewFile()
	for cell, value := range map[string]any{"A1": "Number", "B1": "Date", "C1": "Channel", "A2": 7, "B2": time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC), "C2": "phone", "A3": 8, "B3": "2026-11-03", "C3": "visit"} {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := f.Write(&file); err != nil {
		t.Fatal(err)
	}
	l, err := Read(book(), file.Bytes(), "", now)
	if err != nil || len(l.Faults) > 0 || len(l.Cases) != 2 || l.Cases[0].Deadline() != "2026-11-03 09:30" || l.Cases[0].Ref != "7" || l.Cases[1].Deadline() != "" {
		t.Fatalf("%+v, %v", l, err)
	}
}

// TestFaults wants each fault at its row and column.
func TestFaults(t *testing.T) {
	const head = "number,date,channel,type,severity,owner,due,note,closed,result,customer_told,customer_agreed\n"
	for row, want := range map[string]string{
		",2026-11-01,phone":       "A number: the number in the register is missing: it tells that a case is entered already",
		"1,yesterday,phone":       "B date: 'yesterday' is no date: write one such as 2026-10-31, or 2026-10-31 14:30",
		"1,,phone":                "B date: the date is missing: write when the customer called, such as 2026-10-31",
		"1,2026-12-01,phone":      "B date: the date is in the future",
		"1,2026-11-01,":           "C channel: the channel is missing: write one such as phone, letter, email, visit, web",
		"1,2026-11-01,By post":    "C channel: channel 'By post' may have only lower-case letters a–z, digits and _, starting with a letter",
		"1,2026-11-01,phone,送货":   "D type: type '送货' may have only lower-case letters a–z, digits and _, starting with a letter",
		"1,2026-11-01,phone,,bad": "E severity: severity must be one of critical, major, minor, not 'bad'",
		"1,2026-11-01,phone,,," + strings.Repeat("x", 65): "F owner: a role has at most 64 characters",
		"1,2026-11-01,phone,,,,soon":                      "G due: 'soon' is no date: write one such as 2026-10-31, or 2026-10-31 14:30",
		"1,2026-11-01,phone,,,,,li@example.com":           "H note: the note has what looks like an address or a telephone number: a case holds no contact data",
		"1,2026-11-01,phone,,,,,,,done,yes,no":            "I closed: there is a result, and no date of closing: add it, or delete the result",
		"1,2026-11-03,phone,,,,,,2026-11-02,x,yes,no":     "I closed: it is closed before it was opened",
		"1,2026-11-03,phone,,,,,,2026-12-02,x,yes,no":     "I closed: the date is in the future",
		"1,2026-11-03,phone,,,,,,2026-11-04,,yes,no":      "J result: the result is missing: say what has come of it",
		"1,2026-11-03,phone,,,,,,2026-11-04,x,,no":        "K customer_told: whether the customer was told of the result: yes or no",
		"1,2026-11-03,phone,,,,,,2026-11-04,x,yes,":       "J result: whether the customer agreed is missing: yes, no or not_asked",
	} {
		l, err := Read(book(), []byte(head+row+"\n"), "", now)
		if err != nil {
			t.Errorf("%s: %v", row, err)
			continue
		}
		place, text, _ := strings.Cut(want, ": ")
		column, header, _ := strings.Cut(place, " ")
		want = fmt.Sprintf("row 2, column %s '%s': %s", column, header, text)
		if len(l.Faults) != 1 || l.Faults[0].Message().String() != want || len(l.Cases) != 0 {
			t.Errorf("%s\n got %v\nwant %s", row, l.Faults, want)
		}
	}
	l, err := Read(book(), []byte(head+"1,2026-11-01,phone\n2,2026-11-01,phone\n1,2026-11-02,phone\n"), "", now)
	if err != nil || len(l.Faults) != 1 || l.Faults[0].Row != 4 || len(l.Cases) != 2 {
		t.Errorf("%+v, %v", l, err)
	}
	for file, want := range map[string]string{
		"":                            "the file is empty",
		"a,b\n1,2\n":                  "no column is named number",
		"number,date\n1,2026-11-01\n": "no column is named channel",
		head + strings.Repeat("1,2026-11-01,phone\n", maxRows+1): "more than",
	} {
		if _, err := Read(book(), []byte(file), "", now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", file, err)
		}
	}
	var many strings.Builder
	for n := range maxFaults + 5 {
		fmt.Fprintf(&many, "%d,never,phone\n", n)
	}
	if l, err := Read(book(), []byte(head+many.String()), "", now); err != nil || len(l.Faults) != maxFaults || l.More != 5 {
		t.Errorf("%d faults, %d more, %v", len(l.Faults), l.More, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("number,date,channel\n1,2026-11-01,phone\n"))
	f.Add([]byte("编号;日期;渠道\r\n1;46300.5;电话\r\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		l, err := Read(book(), source, "", now)
		if err != nil {
			return
		}
		for _, c := range l.Cases {
			if _, err := c.Encode(); err != nil || c.Opened.After(now) {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}
