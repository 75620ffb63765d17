package contacts

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/sheets"
	"glasspoll/internal/survey"
)

// A Column is a column of a list, and what is read from it.
type Column struct {
	Number int // from 1
	Header string

	use      string           // "" for one that is not read
	rank     int              // of its name, among those of its use
	question *survey.Question // of the use hidden
	instead  string           // the header of the column that is read in its place
}

// What columns are used for. Of hidden questions, the use is hidden and the id.
const (
	name     = "name"
	given    = "given name"
	family   = "family name"
	email    = "e-mail"
	phone    = "phone"
	language = "language"
	channel  = "channel"
	hidden   = "hidden "
)

// names lists the names of columns by their use, in the form of [sheets.Fold]. If several columns have the same use, the one whose name
// comes first is read.
var names = map[string][]string{
	name: {"name", "姓名", "fullname", "contactname", "contact", "customername", "客户姓名", "联系人姓名", "联系人", "名字", "称呼", "收件人", "受邀人",
		"聯絡人", "客戶姓名", "invitee", "recipient", "الاسم", "nom", "nombre"},
	given:  {"givenname", "firstname", "forename", "名", "vorname", "prénom"},
	family: {"familyname", "lastname", "surname", "姓", "nachname"},
	email: {"email", "emailaddress", "mail", "mailaddress", "邮箱", "电子邮箱", "电子邮件", "电子邮件地址", "电子邮箱地址", "邮箱地址", "邮件", "邮件地址", "电邮",
		"联系邮箱", "工作邮箱", "公司邮箱", "電子郵件", "電郵", "信箱", "emailid", "workemail", "البريدالإلكتروني", "البريدالالكتروني", "courriel"},
	phone: {"mobile", "手机", "手机号", "手机号码", "mobilephone", "mobilenumber", "cell", "cellphone", "移动电话", "手機", "手機號碼", "phone", "电话", "电话号码",
		"联系电话", "phonenumber", "telephone", "telephonenumber", "tel", "固定电话", "座机", "電話", "聯絡電話", "handy", "telefon", "الهاتف", "الجوال"},
	language: {"language", "lang", "locale", "语言", "语种", "首选语言", "語言", "sprache", "اللغة"},
	channel:  {"channel", "渠道", "填写渠道", "途径", "方式", "管道", "القناة"},
}

var inBrackets = regexp.MustCompile(`[(（\[【][^()（）\[\]【】]*[)）\]】]`)

// forms returns the names that a header may mean: the whole, and without remarks in brackets.
func forms(header string) []string {
	if len(header) > maxText {
		return nil
	}
	return []string{sheets.Fold(header), sheets.Fold(inBrackets.ReplaceAllString(header, ""))}
}

// builtin returns the use that a header names.
func builtin(header string) (use string, rank int) {
	for _, form := range forms(header) {
		for _, use := range slices.Sorted(maps.Keys(names)) {
			if i := slices.Index(names[use], form); i >= 0 {
				return use, i
			}
		}
	}
	return "", 0
}

// hiddenQuestions returns the hidden questions whose id, label or short name in any language a header is: the id before others.
func hiddenQuestions(s *survey.Survey, header string) []*survey.Question {
	var found []*survey.Question
	for _, form := range forms(header) {
		if form == "" {
			continue
		}
		for q := range s.Questions() {
			if q.Type != survey.Hidden {
				continue
			}
			if strings.TrimSpace(header) == q.ID {
				return []*survey.Question{q}
			}
			if sheets.Fold(q.ID) == form || means(form, q.Label, q.ShortName) {
				found = append(found, q)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found
}

// means reports whether a folded text is one of these texts in any language.
func means(form string, texts ...survey.Text) bool {
	for _, text := range texts {
		for _, one := range text {
			if form != "" && sheets.Fold(one) == form {
				return true
			}
		}
	}
	return false
}

// mapColumns finds out what each column is used for.
func (l *List) mapColumns(head sheets.Row) {
	for _, cell := range head.Cells {
		c := Column{Number: cell.Column, Header: cell.Text}
		switch questions := hiddenQuestions(l.survey, cell.Text); {
		case len(questions) > 1:
			l.Columns = append(l.Columns, c)
			l.fault(head.Number, c.Number, "it may mean %s or %s: write the id", questions[0].ID, questions[1].ID)
			continue
		case len(questions) == 1:
			c.use, c.question = hidden+questions[0].ID, questions[0]
			if cell.Text != c.question.ID {
				c.rank = 1
			}
		default:
			c.use, c.rank = builtin(cell.Text)
		}
		l.Columns = append(l.Columns, c)
	}
	l.heads = map[string]Column{}
	for _, c := range l.Columns {
		if best, taken := l.heads[c.use]; c.use != "" && (!taken || c.rank < best.rank) {
			l.heads[c.use] = c
		}
	}
	for i := range l.Columns {
		c := &l.Columns[i]
		best := l.heads[c.use]
		if c.use == "" || best.Number == c.Number {
			continue
		}
		if c.question != nil || sheets.Fold(c.Header) == sheets.Fold(best.Header) {
			l.fault(head.Number, c.Number, "column %s means the same: rename or delete one", sheets.Letters(best.Number))
		}
		c.use, c.instead = "", best.Header
	}
	if _, whole := l.heads[name]; whole { // and its parts are not needed
		delete(l.heads, given)
		delete(l.heads, family)
		for i := range l.Columns {
			if c := &l.Columns[i]; c.use == given || c.use == family {
				c.use, c.instead = "", l.heads[name].Header
			}
		}
	}
}

// meaning says what is read from the column.
func (c Column) meaning(s *survey.Survey) message.Text {
	switch {
	case c.question != nil && c.use != "":
		return message.New("answer to %s (%s)", c.question.ID, c.question.Label.In(s.DefaultLanguage()))
	case c.instead != "":
		return message.New("not read: %s is read in its place", sheets.Quote(c.instead))
	case c.use == "":
		return message.New("not read")
	}
	return useNames[c.use].Text()
}

var useNames = map[string]message.Key{
	name: "name", given: "given name", family: "family name", email: "e-mail", phone: "phone", language: "language", channel: "channel",
}
