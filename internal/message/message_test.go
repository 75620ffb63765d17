package message

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTexts(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "a.yaml", Err: fs.ErrNotExist}
	for _, test := range []struct {
		text   Text
		en, zh string
	}{
		{New("%s: %s", "x", New("there is one already")), "x: there is one already", "x：已经存在"},
		{Count(1, "problem"), "1 problem", "1 个问题"},
		{Count(2, "problem"), "2 problems", "2 个问题"},
		{Count(2, "survey"), "2 surveys", "2 份问卷"},
		{Count(2, "property"), "2 properties", "2 个属性"},
		{List(Plain("a"), Plain("b"), Plain("c")), "a, b and c", "a、b、c"},
		{Either(Plain("a"), Plain("b"), Plain("c")), "a, b or c", "a、b 或 c"},
		{Words("a", "b"), "a, b", "a、b"},
		{New("%s: %s", Quoted("a"), List()), "'a': ", "“a”："},
		{Key("100 %% of %s").Text(Plain("it")), "100 % of it", "100 % of it"},
		{Of(missing), "a.yaml: there is no such file or directory", "a.yaml：没有这个文件或目录"},
		{Of(fmt.Errorf("reading: %w", Errorf("there is one already"))), "reading: there is one already", "reading: 已经存在"},
		{New("100 %% of it"), "100 % of it", "100 % of it"},
	} {
		if test.text.In("en") != test.en || test.text.In("zh_CN.UTF-8") != test.zh {
			t.Errorf("%q, %q; want %q, %q", test.text.In("en"), test.text.In("zh"), test.en, test.zh)
		}
	}
	for tag, want := range map[string]bool{"zh": true, "zh-Hant": true, "zh_CN.UTF-8": true, "zhx": false, "en": false, "": false} {
		if IsChinese(tag) != want {
			t.Errorf("%q", tag)
		}
	}
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[+#0-9.]*([a-zA-Z%])`)

// verbs lists the verbs of a format, each with the number of its argument, in the order of the arguments.
func verbs(format string) []string {
	var all []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			fmt.Sscan(m[1], &next)
		}
		all = append(all, fmt.Sprint(next, strings.Replace(m[2], "w", "v", 1)))
		next++
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Every entry says something in Chinese, with the arguments of the English format.
func TestCatalogue(t *testing.T) {
	all, err := read()
	if err != nil {
		t.Fatal(err)
	}
	for format, e := range all {
		if e.Chinese == "" || !slices.Equal(verbs(format), verbs(e.Chinese)) {
			t.Errorf("%q: %q: verbs %v, want %v", format, e.Chinese, verbs(e.Chinese), verbs(format))
		}
	}
}
