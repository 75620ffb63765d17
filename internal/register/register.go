// Package register reads registers of complaints that came by telephone, letter or in person, from CSV and workbooks, as cases:
// columns are found by their names, and every fault is reported with its row and column. It is pure: bytes in, cases and faults
// out.
package register

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/sheets"
	"glasspoll/internal/survey"
)

// Bounds of a register.
const (
	MaxSource = 5 << 20 // bytes
	maxRows   = 5_000
	maxFaults = 1_000 // that are kept; others are counted
)

var bounds = sheets.Bounds{Unpacked: 32 << 20, Cells: 500_000, Filled: 200_000}

// A List is what was read.
type List struct {
	Form   message.Text // how the file is written
	Cases  []*cases.Case
	Rows   int            // below the header, blank ones left out
	Faults []sheets.Fault // by row and column
	More   int            // faults that are not in Faults
}

// What columns are used for.
const (
	ref      = "number"
	opened   = "date"
	channel  = "channel"
	kind     = "type"
	subtype  = "subtype"
	severity = "severity"
	priority = "priority"
	owner    = "owner"
	due      = "due"
	note     = "note"
	closed   = "closed"
	result   = "result"
	told     = "customer_told"
	agreed   = "customer_agreed"
)

// names lists the names of columns by their use, folded.
var names = map[string][]string{
	ref:      {"number", "no", "ref", "reference", "编号", "登记号", "序号", "单号", "受理编号", "投诉编号"},
	opened:   {"date", "opened", "received", "day", "日期", "时间", "登记日期", "受理日期", "投诉日期", "投诉时间", "受理时间", "来电时间", "接收日期"},
	channel:  {"channel", "by", "渠道", "来源", "途径", "方式", "投诉渠道"},
	kind:     {"type", "kind", "类型", "类别", "事项类型", "大类"},
	subtype:  {"subtype", "小类", "子类", "细类", "投诉类型", "投诉小类"},
	severity: {"severity", "严重程度", "等级", "级别"},
	priority: {"priority", "优先级", "优先程度"},
	owner:    {"owner", "role", "负责岗位", "责任岗位", "责任部门", "负责部门", "处理部门", "岗位"},
	due:      {"due", "deadline", "期限", "办结期限", "时限"},
	note:     {"note", "remark", "about", "备注", "摘要", "内容摘要", "事由"},
	closed:   {"closed", "办结日期", "办结时间", "关闭日期", "处理完成日期", "完成日期"},
	result:   {"result", "outcome", "结果", "处理结果"},
	told:     {"customertold", "told", "已告知", "已告知顾客", "已告知客户", "是否告知", "是否回复", "已回复"},
	agreed:   {"customeragreed", "agreed", "是否认可", "顾客意见", "客户意见", "征求意见", "是否满意", "顾客是否认可"},
}

// needed are the columns that a register must have.
var needed = []string{ref, opened, channel}

// words lists what may be written for the words of a column, folded.
var words = map[string]map[string]string{
	channel: {"电话": "phone", "来电": "phone", "call": "phone", "telephone": "phone", "信函": "letter", "信": "letter", "来信": "letter", "书面": "letter", "post": "letter", "mail": "letter",
		"邮件": "email", "电子邮件": "email", "来访": "visit", "上门": "visit", "现场": "visit", "网络": "web", "网站": "web", "网上": "web"},
	kind:     {"投诉": "complaint", "表扬": "praise", "建议": "suggestion", "咨询": "question", "回访": "call"},
	severity: {"轻微": "minor", "一般": "minor", "严重": "major", "重大": "critical"},
	priority: {"低": "low", "一般": "normal", "正常": "normal", "高": "high", "紧急": "urgent"},
	told:     {"是": "yes", "已": "yes", "y": "yes", "true": "yes", "1": "yes", "否": "no", "未": "no", "n": "no", "false": "no", "0": "no"},
	agreed: {"是": "yes", "认可": "yes", "满意": "yes", "同意": "yes", "y": "yes", "否": "no", "不认可": "no", "不满意": "no", "不同意": "no", "n": "no", "未征求": "not_asked", "未征求意见": "not_asked",
		"没有征求": "not_asked", "notasked": "not_asked", "-": "not_asked"},
}

// reader reads the rows of a register.
type reader struct {
	*List
	book  cases.Book
	now   time.Time
	by    string
	heads map[string]sheets.Cell // by use
	first map[string]int         // rows, by number
}

// Read reads a register, as a role enters it at an instant. It returns an error if the file cannot be read at all, or lacks
// columns that are needed.
func Read(book cases.Book, source []byte, by string, now time.Time) (*List, error) {
	r := reader{List: &List{}, book: book, now: now, by: by, first: map[string]int{}}
	table, head, form, err := sheets.Read(source, MaxSource, bounds, func(row sheets.Row) bool {
		heads := headsOf(row)
		return heads[ref].Column > 0 && heads[opened].Column > 0
	})
	if err != nil {
		return nil, err
	}
	r.Form, r.heads = form, headsOf(table.Rows[head])
	for _, use := range needed {
		if r.heads[use].Column == 0 {
			return nil, message.Errorf("no column is named %s: write the names of the columns into the first row: %s, and if you like %s", use, message.Words(needed...), message.Words(optional()...))
		}
	}
	rows := table.Rows[head+1:]
	if len(rows) > maxRows {
		return nil, message.Errorf("the register has more than %d rows: divide it, and import one part after the other", maxRows)
	}
	for _, row := range rows {
		r.read(row)
	}
	return r.List, nil
}

// optional lists the columns that a register may have.
func optional() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(use string) bool { return slices.Contains(needed, use) })
}

// headsOf finds the columns that a row names. Of several with one use, the first is read.
func headsOf(row sheets.Row) map[string]sheets.Cell {
	heads := map[string]sheets.Cell{}
	for _, cell := range row.Cells {
		for use, known := range names {
			if _, taken := heads[use]; !taken && slices.Contains(known, sheets.Fold(cell.Text)) {
				heads[use] = cell
			}
		}
	}
	return heads
}

func (r *reader) fault(row int, use, format string, args ...any) {
	if len(r.Faults) >= maxFaults {
		r.More++
		return
	}
	head := r.heads[use]
	r.Faults = append(r.Faults, sheets.Fault{Row: row, Column: head.Column, Header: head.Text, Text: message.New(format, args...)})
}

// read reads one row.
func (r *reader) read(row sheets.Row) {
	cells := map[int]string{}
	for _, c := range row.Cells {
		cells[c.Column] = strings.TrimSpace(c.Text)
	}
	cell := func(use string) string { return cells[r.heads[use].Column] }
	word := func(use string) string {
		text := cell(use)
		if meant := words[use][sheets.Fold(text)]; meant != "" {
			return meant
		}
		return text
	}
	r.Rows++
	before := len(r.Faults) + r.More
	day := func(use string) time.Time { return r.instant(row.Number, use, cell(use)) }
	e := cases.Entry{
		Ref: cell(ref), Channel: word(channel), Type: word(kind), Subtype: cell(subtype), Severity: survey.Severity(word(severity)), Priority: survey.Priority(word(priority)),
		Owner: cell(owner), Opened: day(opened), Due: cell(due), Note: cell(note), By: r.by,
	}
	if due := day(due); !due.IsZero() {
		e.Due = r.deadline(due)
	}
	if at := r.first[e.Ref]; at > 0 && e.Ref != "" {
		r.fault(row.Number, ref, "%s stands in row %d already: each case has a number of its own", sheets.Quote(e.Ref), at)
	}
	r.first[e.Ref] = row.Number
	if len(r.Faults)+r.More > before {
		return // what follows may say the same again
	}
	c, problems := r.book.Check(e, r.now)
	for _, p := range problems {
		r.fault(row.Number, p.Part, "%s", message.Of(p.Err))
	}
	if c == nil {
		return
	}
	if err := r.close(c, row.Number, day(closed), cell(result), word(told), word(agreed)); err == nil && len(r.Faults)+r.More == before {
		r.Cases = append(r.Cases, c)
	}
}

// close closes a case that the register says is closed.
func (r *reader) close(c *cases.Case, row int, at time.Time, outcome, wasTold, hasAgreed string) error {
	if at.IsZero() && outcome == "" {
		return nil
	}
	if at.Equal(r.beginning(c.Opened)) { // only the day is known, which is that of opening
		at = c.Opened
	}
	part, err := closed, error(nil)
	switch {
	case at.IsZero():
		err = message.Errorf("there is a result, and no date of closing: add it, or delete the result")
	case at.Before(c.Opened):
		err = message.Errorf("it is closed before it was opened")
	case at.After(r.now):
		err = message.Errorf("the date is in the future")
	case wasTold != "yes" && wasTold != "no":
		part, err = told, message.Errorf("whether the customer was told of the result: yes or no")
	default:
		part, err = result, c.Close(cases.Closing{Result: outcome, Told: wasTold == "yes", Agreed: cases.Agreement(hasAgreed), By: r.by}, at)
	}
	if err != nil {
		r.fault(row, part, "%s", message.Of(err))
	}
	return err
}

func (r *reader) location() *time.Location {
	location, err := time.LoadLocation(r.book.Timezone)
	if err != nil {
		return time.UTC
	}
	return location
}

// beginning returns the first instant of the day of another.
func (r *reader) beginning(t time.Time) time.Time {
	return survey.BeginningOfDay(t.In(r.location()), r.location())
}

// deadline writes a deadline as a role enters it: a day, or an instant if there is a time.
func (r *reader) deadline(due time.Time) string {
	layout := "2006-01-02 15:04"
	if due.Equal(r.beginning(due)) {
		layout = time.DateOnly
	}
	return due.In(r.location()).Format(layout)
}

// layouts are the ways to write a day, and an instant.
var layouts = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"}

// Days as workbooks number them: the first and last that are read, 2000-01-01 and 2099-12-31.
const firstSerial, lastSerial = 36526, 73050

// instant reads a day or an instant; the zero time if there is none, or it has a fault.
func (r *reader) instant(row int, use, text string) time.Time {
	if text == "" || r.heads[use].Column == 0 {
		return time.Time{}
	}
	if serial, err := strconv.ParseFloat(text, 64); err == nil && serial >= firstSerial && serial < lastSerial+1 {
		whole := int(serial)
		minutes := int((serial-float64(whole))*24*60 + 0.5)
		return time.Date(1899, 12, 30+whole, 0, minutes, 0, 0, r.location()).UTC()
	}
	for _, layout := range layouts {
		for _, clock := range []string{"", " 15:04", " 15:04:05", "T15:04", "T15:04:05"} {
			if at, err := time.ParseInLocation(layout+clock, text, r.location()); err == nil {
				return at.UTC()
			}
		}
	}
	r.fault(row, use, "%s is no date: write one such as 2026-10-31, or 2026-10-31 14:30", sheets.Quote(text))
	return time.Time{}
}
