package bounce

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"glasspoll/internal/message"
)

// maxDepth bounds messages within messages: a report that somebody has forwarded.
const maxDepth = 3

// reportsOf returns what a message says of others; none if it is no report.
func reportsOf(content []byte, place message.Text, depth int) []Report {
	if len(content) > maxMail || depth > maxDepth {
		return nil
	}
	m, err := mail.ReadMessage(bytes.NewReader(bytes.TrimLeft(content, "\r\n")))
	if err != nil {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return dated(eximReport(m, place), m)
	}
	var status, original []byte
	var within []Report
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			break // the end, or damage: what was read counts
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		body := decoded(part, part.Header.Get("Content-Transfer-Encoding"))
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			status = body
		case "message/rfc822", "message/global":
			original = body
			if status == nil {
				within = append(within, reportsOf(body, place, depth+1)...)
			}
		case "text/rfc822-headers", "message/global-headers":
			original = body
		}
	}
	if status == nil {
		if len(within) > 0 {
			return within
		}
		return dated(eximReport(m, place), m)
	}
	tags := append(tagsOf(original), tagsOfAddresses(m.Header)...)
	var reports []Report
	for _, fields := range groups(status) {
		if r, ok := reportOf(fields); ok {
			r.Place, r.Tags = place, tags
			reports = append(reports, r)
		}
	}
	return dated(reports, m)
}

// dated gives reports the date of the message that they are in, if it has one that can be read.
func dated(reports []Report, m *mail.Message) []Report {
	if date, err := m.Header.Date(); err == nil {
		for i := range reports {
			reports[i].Date = date
		}
	}
	return reports
}

// decoded reads a body as far as it can be read.
func decoded(r io.Reader, encoding string) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	body, _ := io.ReadAll(io.LimitReader(r, maxMail)) // what is damaged is cut off
	return body
}

// groups returns the groups of fields of a delivery status: names in small letters, folded lines as one.
func groups(status []byte) []map[string]string {
	var all []map[string]string
	current, last := map[string]string{}, ""
	for line := range strings.Lines(string(status)) {
		line = strings.TrimRight(line, "\r\n")
		name, value, isField := strings.Cut(line, ":")
		switch {
		case strings.TrimSpace(line) == "":
			all = append(all, current)
			current, last = map[string]string{}, ""
		case line[0] == ' ' || line[0] == '\t':
			if last != "" {
				current[last] += " " + strings.TrimSpace(line)
			}
		case isField:
			last = strings.ToLower(strings.TrimSpace(name))
			if _, again := current[last]; again && last == "final-recipient" { // without an empty line between them
				all = append(all, current)
				current = map[string]string{}
			}
			current[last] = strings.TrimSpace(value)
		}
	}
	return append(all, current)
}

// reportOf reads the fields of one recipient. It is false if they say nothing bad.
func reportOf(fields map[string]string) (Report, bool) {
	r := Report{Note: oneLine(strings.TrimSpace(fields["status"] + " " + afterType(fields["diagnostic-code"])))}
	for _, name := range []string{"original-recipient", "final-recipient"} {
		if address := plainAddress(afterType(fields[name])); address != "" && !slices.Contains(r.To, address) {
			r.To = append(r.To, address)
		}
	}
	switch action := strings.ToLower(firstWord(fields["action"])); {
	case action == "failed", action == "" && strings.HasPrefix(fields["status"], "5"):
		r.Final = true
	case action == "delayed", action == "" && strings.HasPrefix(fields["status"], "4"):
	default: // delivered, relayed, expanded
		return r, false
	}
	return r, len(r.To) > 0
}

// eximReport reads the form of Exim before RFC 3464, in which a field names those who were not reached.
func eximReport(m *mail.Message, place message.Text) []Report {
	var reports []Report
	failed := m.Header.Get("X-Failed-Recipients")
	if failed == "" || strings.EqualFold(m.Header.Get("Auto-Submitted"), "no") {
		return nil
	}
	body := decoded(m.Body, m.Header.Get("Content-Transfer-Encoding"))
	for address := range strings.SplitSeq(failed, ",") {
		if address = plainAddress(address); address != "" {
			reports = append(reports, Report{Place: place, Tags: append(tagsOf(body), tagsOfAddresses(m.Header)...), To: []string{address}, Final: true})
		}
	}
	return reports
}

var (
	inHeader  = regexp.MustCompile(`(?im)^X-Glasspoll-Message:[ \t]*([a-z2-7]{16})\b`)
	inID      = regexp.MustCompile(`(?i)<glasspoll\.([a-z2-7]{16})@`)
	inAddress = regexp.MustCompile(`\b([a-z2-7]{16})\b`)
)

// tagsOf returns what may be the tag of a message that is sent back, by its header.
func tagsOf(original []byte) []string {
	var tags []string
	for _, pattern := range []*regexp.Regexp{inHeader, inID} {
		if found := pattern.FindSubmatch(original); found != nil {
			tags = append(tags, strings.ToLower(string(found[1])))
		}
	}
	return tags
}

// tagsOfAddresses returns what may be the tag in the address that a report was sent to.
func tagsOfAddresses(h mail.Header) []string {
	var tags []string
	for _, name := range []string{"To", "Delivered-To", "X-Original-To", "Envelope-To"} { // as a mail.Header has them
		for _, value := range h[name] {
			tags = append(tags, inAddress.FindAllString(strings.ToLower(value), -1)...)
		}
	}
	return tags
}

// afterType returns what follows a type: "rfc822; li@example.com", "smtp; 550 unknown".
func afterType(value string) string {
	if _, after, typed := strings.Cut(value, ";"); typed {
		return strings.TrimSpace(after)
	}
	return value
}

func firstWord(text string) string {
	if words := strings.Fields(text); len(words) > 0 {
		return words[0]
	}
	return ""
}

// plainAddress returns an address without brackets and remarks; "" if there is none.
func plainAddress(text string) string {
	text = strings.TrimSpace(text)
	if one, err := mail.ParseAddress(text); err == nil {
		return one.Address
	}
	text = strings.Trim(firstWord(text), "<>,;")
	if at := strings.LastIndexByte(text, '@'); at < 1 || at == len(text)-1 {
		return ""
	}
	return oneLine(text)
}

// oneLine returns a text in one line, without signs that cannot be seen, and bounded.
func oneLine(text string) string {
	text = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.In(c, unicode.Cc, unicode.Cf):
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxNote {
		return string(r[:maxNote]) + "…"
	}
	return text
}
