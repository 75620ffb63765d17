package main

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf16"

	"glasspoll/internal/console"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// inviter writes invitations to surveys: e-mails, text messages, posters.
type inviter struct {
	pages  *wording.Catalog // the pages' words, for dates
	words  *wording.Catalog // its own
	poster *template.Template
}

func newInviter(templates fs.FS) (*inviter, error) {
	var catalogues [2]*wording.Catalog
	for i, folder := range []string{"wording", "share"} {
		sub, err := fs.Sub(templates, folder)
		if err == nil {
			catalogues[i], err = wording.Load(sub)
		}
		if err != nil {
			return nil, fmt.Errorf("templates: %s: %w", folder, err)
		}
	}
	poster, err := template.New("").Option("missingkey=error").ParseFS(templates, "share/poster.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return &inviter{catalogues[0], catalogues[1], poster.Lookup("poster.html")}, nil
}

// invitation is what one survey's invitations say in one language.
type invitation struct {
	*inviter
	survey   *survey.Survey
	language string
	pages    *wording.Words
	words    *wording.Words
}

func (v *inviter) invite(s *survey.Survey, language string) invitation {
	return invitation{v, s, language, v.pages.In(language), v.words.In(language)}
}

func (v invitation) title() string { return v.survey.Title.In(v.language) }

func (v invitation) subject() string { return v.words.Say("mail.subject", "title", v.title()) }

// mail is the text of an e-mail, ready to be pasted.
func (v invitation) mail(link string) string {
	paragraphs := said(
		v.words.Say("mail.hello"),
		v.sentences(v.words.Say("mail.ask", "title", v.title()), v.minutes(), v.window()),
		v.words.Say("mail.link")+"\n"+link,
		v.sentences(v.privacy()...),
		v.contact(),
		strings.TrimSuffix(v.words.Say("mail.thanks")+"\n"+v.from(), "\n"),
	)
	return strings.Join(paragraphs, "\n\n") + "\n"
}

// text is a text message.
func (v invitation) text(link string) string {
	if v.survey.Minutes > 0 {
		return v.words.Say("sms.minutes", "title", v.title(), "n", v.survey.Minutes, "link", link)
	}
	return v.words.Say("sms", "title", v.title(), "link", link)
}

// print draws the poster, a page of A4.
func (v invitation) print(link string, code qrCode) ([]byte, error) {
	shown := strings.TrimPrefix(strings.TrimPrefix(link, "https://"), "http://")
	var b bytes.Buffer
	err := v.poster.Execute(&b, map[string]any{
		"Lang": v.language, "Dir": wording.Dir(v.language), "Title": v.title(), "Long": columns(v.title()) > 60, "From": v.from(), "Code": template.HTML(code.svg()),
		"Scan": v.words.Say("poster.scan"), "Facts": said(v.minutes(), v.window()), "Type": v.words.Say("poster.type"),
		"Link": shown, "Privacy": v.privacy(),
	})
	if err != nil {
		return nil, fmt.Errorf("poster: %w", err)
	}
	return b.Bytes(), nil
}

// columns is about how wide a line is: a Chinese character is as wide as two letters.
func columns(text string) int {
	n := 0
	for _, c := range text {
		n++
		if c >= 0x1100 { // Hangul, and all that is CJK, stands above
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

// window says when answers are taken; nothing where there is no limit.
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

// privacy promises what this survey's rules keep, and no more.
func (v invitation) privacy() []string {
	grouped, private := "", ""
	if k := v.survey.Results.MinGroup; k > 1 {
		grouped = v.words.Say("mail.grouped", "k", k)
	}
	for q := range v.survey.Questions() {
		switch q.Type {
		case survey.ShortText, survey.LongText, survey.Email, survey.Phone:
			private = v.words.Say("mail.private")
		}
	}
	return said(grouped, private)
}

func (v invitation) contact() string {
	c := v.survey.Contact
	if c == nil || c.Email == "" && c.Phone == "" {
		return ""
	}
	return v.words.Say("mail.contact", "contact", strings.Join(said(c.Email, c.Phone), v.pages.Say("join.comma")))
}

// from is who asks, as far as the survey says.
func (v invitation) from() string {
	if v.survey.Contact == nil {
		return ""
	}
	return v.survey.Contact.Name.In(v.language)
}

// sentences joins sentences as the language does: Chinese leaves no space.
func (v invitation) sentences(all ...string) string {
	all = said(all...)
	if base, _, _ := strings.Cut(v.words.Language(), "-"); base == "zh" || base == "ja" {
		return strings.Join(all, "")
	}
	return strings.Join(all, " ")
}

// said leaves out what says nothing.
func said(all ...string) []string {
	return slices.DeleteFunc(all, func(one string) bool { return one == "" })
}

// length is what a text message costs: networks count it in segments.
type length struct {
	Segments  int
	Used, Fit int    // characters, and how many these segments have room for
	Alphabet  string // GSM-7, or UCS-2 as soon as one character is not in it
	Odd       rune   // the first character that is not in GSM-7; 0 if all are
}

// What fits: a single message, and each part of a longer one, which begins with a header (3GPP TS 23.040, 9.2.3.24.1).
const (
	gsmWhole, gsmPart = 160, 153 // septets
	ucsWhole, ucsPart = 70, 67   // UTF-16 units
)

// The default alphabet of 3GPP TS 23.038, 6.2.1, and its extension table, of which each character takes two places.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmMore  = "\f^{}\\[~]|€"
)

// lengthOf counts a text message.
func lengthOf(text string) length {
	for _, c := range text {
		if !strings.ContainsRune(gsmBasic, c) && !strings.ContainsRune(gsmMore, c) {
			l := segments(text, ucsWhole, ucsPart, func(c rune) int { return len(utf16.AppendRune(nil, c)) })
			l.Alphabet, l.Odd = "UCS-2", c
			return l
		}
	}
	l := segments(text, gsmWhole, gsmPart, func(c rune) int {
		if strings.ContainsRune(gsmMore, c) {
			return 2
		}
		return 1
	})
	l.Alphabet = "GSM-7"
	return l
}

// segments fills segments one after another; no character is split between two.
func segments(text string, whole, part int, width func(rune) int) length {
	used, parts, inPart := 0, 1, 0
	for _, c := range text {
		w := width(c)
		used += w
		if inPart+w > part {
			parts, inPart = parts+1, 0
		}
		inPart += w
	}
	if used <= whole {
		return length{Segments: 1, Used: used, Fit: whole}
	}
	return length{Segments: parts, Used: used, Fit: parts * part}
}

func (l length) String() string {
	text := fmt.Sprintf("%s, %d of %d characters, %s", console.Count(l.Segments, "segment"), l.Used, l.Fit, l.Alphabet)
	if l.Odd != 0 && l.Odd < 0x2E80 { // of a text in Chinese it goes without saying
		text += fmt.Sprintf(" because of '%c'", l.Odd)
	}
	return text
}
