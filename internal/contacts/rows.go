package contacts

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"glasspoll/internal/answer"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/message"
	"glasspoll/internal/sheets"
	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/survey"
)

// A reader reads the rows of a list.
type reader struct {
	*List
	head  int            // number of the row with the names of columns
	last  int            // number of the row before
	first map[string]int // the row in which an address stands, by its key
	named map[int]bool   // columns that have a name
}

// read reads a row. It adds a contact, or faults.
func (r *reader) read(row sheets.Row) {
	if gap := row.Number - r.last - 1; gap == 1 {
		r.fault(r.last+1, 0, "the row is empty: delete it")
	} else if gap > 1 {
		r.fault(r.last+1, 0, "the rows up to %d are empty: delete them", row.Number-1)
	}
	r.last = row.Number
	r.Rows++
	before := len(r.Faults) + r.More
	cells := map[int]string{}
	for _, c := range row.Cells {
		switch {
		case !r.named[c.Column]:
			r.fault(row.Number, c.Column, "%s stands in a column without a name: name it in row %d, or delete it", sheets.Quote(c.Text), r.head)
		case utf8.RuneCountInString(c.Text) > maxText:
			r.fault(row.Number, c.Column, "the cell has more than %d characters: is a quotation mark missing?", maxText)
		default:
			cells[c.Column] = plain(c.Text)
		}
	}
	contact := r.contact(row.Number, cells)
	if len(r.Faults)+r.More == before {
		r.Contacts = append(r.Contacts, contact)
	}
}

// contact reads the cells of a row, by their columns.
func (r *reader) contact(row int, cells map[int]string) Contact {
	cell := func(use string) string { return cells[r.heads[use].Number] }
	c := Contact{Row: row, Name: cell(name), Language: r.language(row, cell(language)), Channel: r.channel(row, cell(channel)), Values: r.values(row, cells)}
	if c.Name == "" {
		c.Name = wholeName(cell(given), cell(family))
	}
	address, whole := r.email(row, cell(email), &c)
	c.Email = address
	if c.Phone = wholeNumber.ReplaceAllString(cell(phone), "$1"); c.Phone != "" {
		var ok bool
		c.Phone, ok = r.phone(row, c.Phone)
		whole = whole && ok
	}
	if whole && c.Email == "" && c.Phone == "" {
		r.fault(row, 0, "neither an e-mail address nor a telephone number: add one, or delete the row")
	}
	for _, key := range c.Keys() {
		use := email
		if key[0] == phoneKey[0] {
			use = phone
		}
		if at := r.first[key]; at > 0 {
			r.fault(row, r.heads[use].Number, "%s stands in row %d already: each may be invited once. Delete one, or leave an address out that several share", sheets.Quote(cell(use)), at)
		} else {
			r.first[key] = row
		}
	}
	return c
}

// email reads an e-mail address, which may have a name before it: Li <li@example.com>.
func (r *reader) email(row int, text string, c *Contact) (address string, ok bool) {
	text = strings.TrimPrefix(text, "mailto:")
	if strings.Contains(text, "<") {
		if both, err := mail.ParseAddress(text); err == nil {
			text = both.Address
			if c.Name == "" {
				c.Name = plain(both.Name)
			}
		}
	}
	address, problem := answer.Alone(&survey.Question{Type: survey.Email}, text)
	if problem != "" {
		r.fault(row, r.heads[email].Number, "%s is no e-mail address: write one such as li@example.com", sheets.Quote(text))
	}
	return address, problem == ""
}

// wholeNumber matches telephone numbers that a program has written as decimals.
var wholeNumber = regexp.MustCompile(`^(\+?[0-9]{5,})\.0$`)

// rounded matches telephone numbers that a spreadsheet has rounded.
var rounded = regexp.MustCompile(`^[0-9][.,][0-9]+[eE]\+?[0-9]+$`)

func (r *reader) phone(row int, text string) (number string, ok bool) {
	number, problem := answer.Alone(&survey.Question{Type: survey.Phone}, text)
	switch {
	case rounded.MatchString(text):
		r.fault(row, r.heads[phone].Number, "%s is a rounded number, whose last digits are lost: make the column a text column, and enter the telephone numbers again", sheets.Quote(text))
		return "", false
	case problem != "":
		r.fault(row, r.heads[phone].Number, "%s is no telephone number: write one such as +86 138 0013 8000", sheets.Quote(text))
	}
	return number, problem == ""
}

// chineseNames are Chinese names of languages, folded.
var chineseNames = map[string]string{"中文简体": "zh", "华语": "zh", "普通话": "zh", "中": "zh", "英文": "en", "英语": "en", "英": "en", "阿拉伯文": "ar", "阿拉伯语": "ar",
	"日文": "ja", "日语": "ja", "韩文": "ko", "韩语": "ko", "法文": "fr", "法语": "fr", "德文": "de", "德语": "de", "西班牙文": "es", "西班牙语": "es", "俄文": "ru", "俄语": "ru",
	"葡萄牙语": "pt", "意大利语": "it", "越南语": "vi", "泰语": "th", "英文版": "en", "中文版": "zh"}

// language reads a language by its code or name. The survey must be there in it.
func (r *reader) language(row int, text string) string {
	if text == "" {
		return ""
	}
	code := chineseNames[sheets.Fold(text)]
	if code == "" {
		code = draft.LanguageCode(text)
	}
	if r.survey.HasLanguage(text) {
		return text
	}
	for _, known := range r.survey.Languages {
		if strings.EqualFold(known, code) {
			return known
		}
	}
	if base, _, found := strings.Cut(code, "-"); found && r.survey.HasLanguage(base) { // en-GB
		return base
	}
	r.fault(row, r.heads[language].Number, "%s is no language of the survey: it has %s", sheets.Quote(text), message.Words(r.survey.Languages...))
	return ""
}

// channelNames are other names of usual channels, folded.
var channelNames = map[string][]string{
	"web": {"网页", "网站", "website", "online", "线上"}, "email": {"电子邮件", "邮件", "邮箱", "mail"}, "sms": {"短信", "text", "textmessage"},
	"phone": {"电话", "telephone", "call"}, "onsite": {"现场", "线下"}, "wechat": {"微信"}, "poster": {"海报"}, "kiosk": {"自助终端"},
}

// channel reads one of the survey's channels.
func (r *reader) channel(row int, text string) string {
	if text == "" {
		return ""
	}
	folded := sheets.Fold(text)
	for _, known := range r.survey.Channels {
		if known == text || sheets.Fold(known) == folded || slices.Contains(channelNames[known], folded) {
			return known
		}
	}
	if len(r.survey.Channels) == 0 {
		r.fault(row, r.heads[channel].Number, "the survey declares no channels: leave the column out, or add channels to the questionnaire")
	} else {
		r.fault(row, r.heads[channel].Number, "%s is no channel of the survey: it has %s", sheets.Quote(text), message.Words(r.survey.Channels...))
	}
	return ""
}

// values reads the answers to hidden questions.
func (r *reader) values(row int, cells map[int]string) map[string]string {
	var values map[string]string
	for q := range r.survey.Questions() {
		column, read := r.heads[hidden+q.ID]
		text := cells[column.Number]
		if !read || text == "" {
			continue
		}
		value, ok := r.value(row, column.Number, q, text)
		if !ok {
			continue
		}
		if values == nil {
			values = map[string]string{}
		}
		values[q.ID] = value
	}
	return values
}

// value reads the answer to a hidden question: an option by its id, label or short name in any language, or any text.
func (r *reader) value(row, column int, q *survey.Question, text string) (string, bool) {
	if len(q.Options) == 0 {
		value, problem := answer.Alone(q, text)
		if problem != "" {
			r.fault(row, column, "%s is no answer to %s: write a text of up to %d characters", sheets.Quote(text), q.ID, answer.OtherLength)
		}
		return value, problem == ""
	}
	var ids, found []string
	for _, o := range q.Options {
		if o.ID == text {
			return o.ID, true
		}
		ids = append(ids, o.ID)
		if form := sheets.Fold(text); sheets.Fold(o.ID) == form && form != "" || means(form, o.Label, o.ShortName) || is(text, o.Label, o.ShortName) {
			found = append(found, o.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], true
	case 0:
		r.fault(row, column, "%s is no option of %s: it has %s", sheets.Quote(text), q.ID, message.Words(ids...))
	default:
		r.fault(row, column, "%s may mean %s: write the id of the option", sheets.Quote(text), message.Words(found...))
	}
	return "", false
}

// is reports whether a text is one of these in any language: of signs alone, which fold leaves out.
func is(text string, all ...survey.Text) bool {
	for _, one := range all {
		for _, own := range one {
			if own == text {
				return true
			}
		}
	}
	return false
}

// wholeName joins the parts of a name. Chinese, Japanese and Korean put the family's first.
func wholeName(given, family string) string {
	cjk := func(c rune) bool {
		return unicode.In(c, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
	}
	if given != "" && family != "" && strings.ContainsFunc(given+family, cjk) {
		return family + given
	}
	return strings.TrimSpace(given + " " + family)
}

// plain returns the text of a cell in one line, without marks that nobody can see, and without the apostrophe that
// [spreadsheet.Escape] puts before.
func plain(text string) string {
	if bare, quoted := strings.CutPrefix(text, "'"); quoted && spreadsheet.Escape(bare) == text {
		text = bare
	}
	text = strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Cc, unicode.Cf) && !unicode.IsSpace(c) && c != '\u200c' && c != '\u200d' { // which some scripts need
			return -1
		}
		return c
	}, norm.NFC.String(strings.ToValidUTF8(text, "")))
	return strings.Join(strings.Fields(text), " ")
}
