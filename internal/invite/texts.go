package invite

import (
	"bytes"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf16"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// writer writes the texts of invitations: e-mails, text messages, posters.
type writer struct {
	pages  *wording.Catalog // the wording of pages, for dates
	words  *wording.Catalog // of invitations
	poster *template.Template
}

func newWriter(templates fs.FS) (*writer, error) {
	var catalogues [2]*wording.Catalog
	for i, folder := range []string{"wording", "share"} {
		var err error
		if catalogues[i], err = loadWords(templates, folder); err != nil {
			return nil, err
		}
	}
	poster, err := template.New("").Option("missingkey=error").ParseFS(templates, "share/poster.html")
	if err != nil {
		return nil, message.Errorf("templates: %w", err)
	}
	return &writer{catalogues[0], catalogues[1], poster.Lookup("poster.html")}, nil
}

// loadWords reads the words of a folder of the templates.
func loadWords(templates fs.FS, folder string) (*wording.Catalog, error) {
	sub, err := fs.Sub(templates, folder)
	if err != nil {
		return nil, message.Errorf("templates: %s: %w", folder, err)
	}
	words, err := wording.Load(sub)
	if err != nil {
		return nil, message.Errorf("templates: %s: %w", folder, err)
	}
	return words, nil
}

// invitation is the invitation to one survey in one language.
type invitation struct {
	*writer
	survey   *survey.Survey
	language string
	pages    *wording.Words
	words    *wording.Words
}

func (w *writer) invite(s *survey.Survey, language string) invitation {
	return invitation{w, s, language, w.pages.In(language), w.words.In(language)}
}

func (v invitation) title() string { return v.survey.Title.In(v.language) }

func (v invitation) subject() string { return v.words.Say("mail.subject", "title", v.title()) }

// mail returns the text of an e-mail.
func (v invitation) mail(link string) string {
	paragraphs := nonEmpty(
		v.words.Say("mail.hello"),
		v.sentences(v.words.Say("mail.ask", "title", v.title()), v.minutes(), v.window()),
		v.words.Say("mail.link")+"\n"+link,
		v.sentences(v.privacy()...),
		v.contact(),
		strings.TrimSuffix(v.words.Say("mail.thanks")+"\n"+v.from(), "\n"),
	)
	return strings.Join(paragraphs, "\n\n") + "\n"
}

// text returns a text message.
func (v invitation) text(link string) string {
	if v.survey.Minutes > 0 {
		return v.words.Say("sms.minutes", "title", v.title(), "n", v.survey.Minutes, "link", link)
	}
	return v.words.Say("sms", "title", v.title(), "link", link)
}

// printable returns the poster, an HTML page of A4.
func (v invitation) printable(link string, code qrCode) ([]byte, error) {
	shown := strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://")
	var b bytes.Buffer
	err := v.poster.Execute(&b, map[string]any{
		"Lang": v.language, "Dir": wording.Dir(v.language), "Title": v.title(), "Long": columns(v.title()) > 60, "From": v.from(), "Code": template.HTML(code.svg()),
		"Scan": v.words.Say("poster.scan"), "Facts": nonEmpty(v.minutes(), v.window()), "Type": v.words.Say("poster.type"),
		"Link": shown, "Privacy": v.privacy(),
	})
	if err != nil {
		return nil, message.Errorf("poster: %w", err)
	}
	return b.Bytes(), nil
}

// columns returns the approximate width of a line: a Chinese character is as wide as two letters.
func columns(text string) int {
	n := 0
	for _, c := range text {
		n++
		if c >= 0x1100 { // Hangul and all CJK characters
			n++
		}
	}
	return n
}

func (v invitation) minutes() string {
	if v.survey.Minutes == 0 {
		return ""
	}
	return v.words.Say("mail.minutes", "n", v.survey.Minutes)
}

// window says when answers are taken; "" if there is no limit.
func (v invitation) window() string {
	from, until := v.pages.Date(string(v.survey.Window.From)), v.pages.Date(string(v.survey.Window.Until))
	switch {
	case from != "" && until != "":
		return v.words.Say("mail.between", "from", from, "until", until)
	case from != "":
		return v.words.Say("mail.from", "from", from)
	case until != "":
		return v.words.Say("mail.until", "until", until)
	}
	return ""
}

// privacy returns the promises that hold by this survey's rules.
func (v invitation) privacy() []string {
	grouped, private := "", ""
	if k := v.survey.K(); k > 1 {
		grouped = v.words.Say("mail.grouped", "k", k)
	}
	for q := range v.survey.Questions() {
		switch q.Type {
		case survey.ShortText, survey.LongText, survey.Email, survey.Phone:
			private = v.words.Say("mail.private")
		}
	}
	return nonEmpty(grouped, private)
}

func (v invitation) contact() string {
	c := v.survey.Contact
	if c == nil || c.Email == "" && c.Phone == "" {
		return ""
	}
	return v.words.Say("mail.contact", "contact", strings.Join(nonEmpty(c.Email, c.Phone), v.pages.Say("join.comma")))
}

// from returns the name of the contact; "" if the survey has none.
func (v invitation) from() string {
	if v.survey.Contact == nil {
		return ""
	}
	return v.survey.Contact.Name.In(v.language)
}

// sentences joins sentences; Chinese and Japanese put no space between them.
func (v invitation) sentences(all ...string) string {
	all = nonEmpty(all...)
	if base, _, _ := strings.Cut(v.words.Language(), "-"); base == "zh" || base == "ja" {
		return strings.Join(all, "")
	}
	return strings.Join(all, " ")
}

// nonEmpty leaves out empty texts.
func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(all, func(one string) bool { return one == "" })
}

// smsLength is the length of a text message, which networks charge by the segment.
type smsLength struct {
	segments       int
	used, capacity int    // characters, and how many fit into the segments
	alphabet       string // GSM-7, or UCS-2 if one character is not in that
	odd            rune   // the first character that is not in GSM-7; 0 if all are
}

// The capacity of a single message, and of each part of a longer one, which begins with a header (3GPP TS 23.040,
// 9.2.3.24.1).
const (
	gsmSingle, gsmPart = 160, 153 // septets
	ucsSingle, ucsPart = 70, 67   // UTF-16 units
)

// The default alphabet of 3GPP TS 23.038, 6.2.1, and its extension table, of which each character takes two places.
const (
	gsmBasic     = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// measureSMS returns the length of a text message.
func measureSMS(text string) smsLength {
	for _, c := range text {
		if !strings.ContainsRune(gsmBasic, c) && !strings.ContainsRune(gsmExtension, c) {
			l := segments(text, ucsSingle, ucsPart, func(c rune) int { return len(utf16.AppendRune(nil, c)) })
			l.alphabet, l.odd = "UCS-2", c
			return l
		}
	}
	l := segments(text, gsmSingle, gsmPart, func(c rune) int {
		if strings.ContainsRune(gsmExtension, c) {
			return 2
		}
		return 1
	})
	l.alphabet = "GSM-7"
	return l
}

// segments divides a text into segments; a character of several units is not split.
func segments(text string, single, part int, width func(rune) int) smsLength {
	used, parts, inPart := 0, 1, 0
	for _, c := range text {
		w := width(c)
		used += w
		if inPart+w > part {
			parts, inPart = parts+1, 0
		}
		inPart += w
	}
	if used <= single {
		return smsLength{segments: 1, used: used, capacity: single}
	}
	return smsLength{segments: parts, used: used, capacity: parts * part}
}

func (l smsLength) text() message.Text {
	text := message.New("%s, %d of %d characters, %s", message.Count(l.segments, "segment"), l.used, l.capacity, l.alphabet)
	if l.odd != 0 && l.odd < 0x2E80 { // for a text in Chinese it is obvious
		text = message.New("%s because of '%c'", text, l.odd)
	}
	return text
}
