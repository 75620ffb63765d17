package markup

import "testing"

func TestConvert(t *testing.T) {
	for _, c := range []struct{ html, plain, markdown, lost string }{
		{"no markup, 1 < 2", "no markup, 1 < 2", "no markup, 1 < 2", ""},
		{"<b>bold</b> and <i>italic</i>", "bold and italic", "**bold** and *italic*", ""},
		{"<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree", "one\n\ntwo\n\nthree", ""},
		{"<h2>Title</h2>text", "Title\n\ntext", "## Title\n\ntext", ""},
		{"<ul><li>a</li><li>b</li></ul>", "- a\n- b", "- a\n- b", ""},
		{`<a href="https://example.com">here</a>`, "here (https://example.com)", "[here](https://example.com)", ""},
		{`<a href="javascript:x()">here</a>`, "here", "here", "<a>"},
		{"a<script>x()</script>b", "ab", "ab", "<script>"},
		{`<span style="color:red">red</span> &amp; <span>not</span>`, "red & not", "red & not", "<span>"},
		{"<video>old</video>", "old", "old", "<video>"},
	} {
		if got, lost := Markdown(c.html); got != c.markdown || lost != c.lost {
			t.Errorf("%s as Markdown: %q without %q, want %q without %q", c.html, got, lost, c.markdown, c.lost)
		}
		if got, _ := Plain(c.html); got != c.plain {
			t.Errorf("%s as text: %q, want %q", c.html, got, c.plain)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"a\u202Eb\u202Dc": "abc", // no questionnaire may have them
		"a\x1b\uFEFFb \n": "ab",
		"a\u2028b":        "a\nb",
		"\u202Bشاي\u202C": "\u202Bشاي\u202C",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
