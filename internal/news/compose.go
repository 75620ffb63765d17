package news

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Message is what one receiver is sent: one item or several.
type Message struct {
	Items []Item
	Title string
	Lines []string
}

// Reader is for whom messages are composed.
type Reader struct {
	Language string                               // of the texts
	Title    func(survey, language string) string // of a survey, where it is known; else ""
	Zone     func(survey string) *time.Location   // in which times are said; nil where it is not known, for UTC
	Site     string                               // address of the site, ending in a slash; "": there are no links
}

// maxLines bounds the lines of a message.
const maxLines = 20

// Compose makes a message of items. Its title begins with the name of the program, by which a receiver may filter.
func Compose(items []Item, r Reader) Message {
	m := Message{Items: items, Title: message.New("Glasspoll: %s", summary(items)).In(r.Language)}
	for _, i := range items {
		for _, line := range r.lines(i) {
			m.Lines = append(m.Lines, oneLine(line.In(r.Language)))
		}
	}
	if more := len(m.Lines) - maxLines; more > 0 {
		m.Lines = append(m.Lines[:maxLines:maxLines], message.New("and %d more", more).In(r.Language))
	}
	return m
}

// Test returns a message by which a receiver is tried out.
func Test(now time.Time, language string) Message {
	return Message{
		Items: []Item{{ID: "test_" + strconv.FormatInt(now.Unix(), 10), Kind: "test", Survey: NoSurvey, At: now.UTC().Truncate(time.Second)}},
		Title: message.New("Glasspoll: a test").In(language),
		Lines: []string{message.New("If you can read this, news arrives here.").In(language)},
	}
}

// Text returns title and lines as plain text of at most so many bytes. Lines that do not fit are left out, and counted.
func (m Message) Text(limit int) string {
	const reserve = 40 // for what is said of lines that are left out
	var text strings.Builder
	text.WriteString(cut(m.Title, limit-reserve))
	for n, line := range m.Lines {
		if text.Len()+1+len(line)+reserve > limit {
			text.WriteString("\n… +")
			text.WriteString(strconv.Itoa(len(m.Lines) - n))
			break
		}
		text.WriteByte('\n')
		text.WriteString(line)
	}
	return text.String()
}

// cut cuts a text at the end of a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = text[:limit]
	for len(text) > 0 && text[len(text)-1]&0xC0 == 0x80 {
		text = text[:len(text)-1]
	}
	return text[:max(len(text)-1, 0)] + "…"
}

// oneLine replaces what is not printed in a line: roles and titles are written by people.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7F || c == 0x2028 || c == 0x2029 {
			return ' '
		}
		return c
	}, text)
}

// order is that of the kinds in a title.
var order = []Kind{CaseEscalated, CaseOverdue, CaseOpened, CaseClosed, ResultsReleased, SurveyOpened, SurveyClosed, Digest}

// summary counts the items of each kind.
func summary(items []Item) message.Text {
	var parts []message.Text
	for _, kind := range order {
		count := 0
		for _, i := range items {
			if i.Kind == kind {
				count++
			}
		}
		if count > 0 {
			parts = append(parts, kindCount(kind, count))
		}
	}
	return message.Facts(parts...)
}

// kindCount counts items of a kind in words.
func kindCount(kind Kind, n int) message.Text {
	one := n == 1
	switch {
	case kind == CaseOpened && one:
		return message.New("a new case")
	case kind == CaseOpened:
		return message.New("%d new cases", n)
	case kind == CaseOverdue && one:
		return message.New("a case is overdue")
	case kind == CaseOverdue:
		return message.New("%d cases are overdue", n)
	case kind == CaseEscalated && one:
		return message.New("a case was handed up")
	case kind == CaseEscalated:
		return message.New("%d cases were handed up", n)
	case kind == CaseClosed && one:
		return message.New("a case was closed")
	case kind == CaseClosed:
		return message.New("%d cases were closed", n)
	case kind == ResultsReleased:
		return message.New("new results")
	case kind == SurveyOpened:
		return message.New("a survey has opened")
	case kind == SurveyClosed:
		return message.New("a survey has closed")
	}
	return message.New("digest")
}

// words are the words for codes of cases.
var words = map[string]message.Key{
	"minor": "minor", "major": "major", "critical": "critical",
	"complaint": "complaint", "praise": "praise", "suggestion": "suggestion", "call": "call", "question": "question",
}

// word returns the word for a code; one that an author has made up is its own.
func word(code string) message.Text {
	if known, ok := words[code]; ok {
		return known.Text()
	}
	return message.Plain(code)
}

// name returns a survey's title, or its id where the title is not known.
func (r Reader) name(id string) message.Text {
	title := ""
	if r.Title != nil {
		title = r.Title(id, r.Language)
	}
	return message.Quoted(cmp.Or(title, id))
}

// lines are what a message says of one item.
func (r Reader) lines(i Item) []message.Text {
	switch i.Kind {
	case CaseOpened, CaseOverdue, CaseEscalated, CaseClosed:
		if i.Case != nil {
			return []message.Text{r.ofCase(i)}
		}
	case ResultsReleased:
		return []message.Text{r.ofResults(i)}
	case SurveyOpened:
		return []message.Text{r.linked(message.New("%s takes answers now", r.name(i.Survey)), i.Survey+"/")}
	case SurveyClosed:
		return []message.Text{message.New("%s takes no more answers", r.name(i.Survey))}
	case Digest:
		return r.ofDigest(i)
	}
	return []message.Text{message.Plain(string(i.Kind))} // of a later version
}

// linked adds the address of a page.
func (r Reader) linked(text message.Text, page string) message.Text {
	if r.Site == "" {
		return text
	}
	return message.New("%s: %s", text, message.Plain(r.Site+page))
}

func (r Reader) ofCase(i Item) message.Text {
	c := i.Case
	what := message.New("%s, %s", word(c.Type), word(string(c.Severity)))
	if c.Subtype != "" {
		what = message.New("%s (%s), %s", word(c.Type), word(c.Subtype), word(string(c.Severity)))
	}
	facts := []message.Text{r.about(i)}
	if c.Owner != "" {
		facts = append(facts, message.New("owner: %s", message.Plain(c.Owner)))
	}
	due := r.due(i)
	var head message.Text
	switch i.Kind {
	case CaseOpened:
		head = message.New("New case %s: %s", c.ID, what)
	case CaseOverdue:
		head = message.New("Overdue: case %s, %s", c.ID, what)
	case CaseEscalated:
		head = message.New("Handed up to %s: case %s, %s", message.Plain(i.Role), c.ID, what)
	default:
		head, due = message.New("Closed: case %s, %s", c.ID, what), message.Text{}
		told := message.New("the customer was not told")
		if i.Told {
			told = message.New("the customer was told")
		}
		facts = append(facts, told)
	}
	if !due.IsZero() {
		facts = append(facts, due)
	}
	return message.New("%s; %s", head, message.Facts(facts...))
}

// due says by when a case is due; "" if there is no such day.
func (r Reader) due(i Item) message.Text {
	switch at := i.Case.DueAt; {
	case !at.IsZero():
		var zone *time.Location
		if r.Zone != nil {
			zone = r.Zone(i.Survey)
		}
		if zone == nil {
			return message.New("due %s", at.UTC().Format("2006-01-02 15:04 UTC"))
		}
		return message.New("due %s", at.In(zone).Format("2006-01-02 15:04"))
	case i.Case.Due != "":
		return message.New("due %s", i.Case.Due)
	}
	return message.Text{}
}

// about names the survey and the period of an item.
func (r Reader) about(i Item) message.Text {
	switch {
	case i.Survey == NoSurvey:
		return message.New("without a survey")
	case i.Period == "" || i.Period == survey.OnePeriod:
		return r.name(i.Survey)
	}
	return message.New("%s %s", r.name(i.Survey), i.Period)
}

func (r Reader) ofResults(i Item) message.Text {
	text := message.New("New results: %s", r.about(i))
	if i.Released > 0 {
		text = message.New("New results: %s, %d respondents", r.about(i), i.Released)
	}
	return r.linked(text, i.Survey+"/results/")
}

// ofDigest says one line of each survey.
func (r Reader) ofDigest(i Item) (lines []message.Text) {
	sorted := slices.SortedStableFunc(slices.Values(i.Digest), func(a, b Figures) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Pending, a.Pending))
	})
	for _, f := range sorted {
		var facts []message.Text
		if f.Open {
			facts = append(facts, message.New("takes answers"))
		}
		if f.Released > 0 {
			facts = append(facts, message.New("%d respondents in published results", f.Released))
		}
		if f.Opened+f.Closed+f.Pending > 0 {
			facts = append(facts, message.New("cases: %d opened, %d closed, %d to be done, %d of them overdue", f.Opened, f.Closed, f.Pending, f.Overdue))
		}
		name := r.name(f.Survey)
		if f.Survey == NoSurvey {
			name = message.New("Without a survey")
		}
		lines = append(lines, message.New("%s: %s", name, message.Facts(facts...)))
	}
	return lines
}
