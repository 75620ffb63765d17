package headers

import (
	"bytes"
	"html"
	"path"
	"strings"

	"glasspoll/internal/wording"
)

// A moved file stands at an address that leads to another one. It says where to, for those who find it without a server that
// redirects, such as a folder of files, and holds nothing else: it is written once, and nothing in it gets old. The server, and
// the CDN by the Location that its bucket keeps with the file, answer with a redirect instead of its content.

// These are what moved files begin with, up to the address that they lead to and, in HTML, from the language to it.
const (
	movedHTML    = "<!doctype html>\n<html lang=\""
	movedRefresh = "\">\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"0; url="
	movedJSON    = `{"moved":"`
	movedCSV     = "\ufeffmoved\r\n"
)

// Moved returns a moved file by its name: HTML with a link by the title, JSON or CSV. Where it leads to is relative, of letters,
// digits, dots, dashes and slashes.
func Moved(name, to, language, title string) []byte {
	switch path.Ext(name) {
	case ".json":
		return []byte(movedJSON + to + "\"}\n")
	case ".csv":
		return []byte(movedCSV + to + "\r\n")
	}
	title = html.EscapeString(title)
	return []byte(movedHTML + language + `" dir="` + wording.Dir(language) + movedRefresh + to + "\">\n<title>" + title + "</title>\n" +
		`<meta name="viewport" content="width=device-width,initial-scale=1">` + "\n" +
		`<meta name="color-scheme" content="light dark">` + "\n" +
		`<meta name="robots" content="noindex">` + "\n" +
		`<link rel="canonical" href="` + to + "\">\n" +
		`<main><h1><a href="` + to + `">` + title + "</a></h1></main>\n")
}

// MovedTo returns where a file leads to, and whether it is a moved file.
func MovedTo(body []byte) (to string, moved bool) {
	rest, end := "", "\""
	if _, after, found := strings.Cut(string(body[:min(len(body), 1<<10)]), movedRefresh); found && bytes.HasPrefix(body, []byte(movedHTML)) {
		rest = after
	} else if after, found := bytes.CutPrefix(body, []byte(movedJSON)); found {
		rest = string(after)
	} else if after, found := bytes.CutPrefix(body, []byte(movedCSV)); found {
		rest, end = string(after), "\r\n"
	}
	to, _, moved = strings.Cut(rest, end)
	return to, moved && to != ""
}
