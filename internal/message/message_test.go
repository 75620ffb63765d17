package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestTexts(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "a.yaml", Err: fs.ErrNotExist}
	for _, test := range []struct {
		text   Text
		en, zh string
	}{
		{New("%s: %s", "x", New("there is one already")), "x: there is one already", "x：已经存在"},
		{Count(1, "problem"), "1 problem", "1 处错误"},
		{Count(2, "problem"), "2 problems", "2 处错误"},
		{Count(2, "survey"), "2 surveys", "2 份问卷"},
		{Count(2, "property"), "2 properties", "2 个属性"},
		{List(Plain("a"), Plain("b"), Plain("c")), "a, b and c", "a、b、c"},
		{Either(Plain("a"), Plain("b"), Plain("c")), "a, b or c", "a、b 或 c"},
		{Words("a", "b"), "a, b", "a、b"},
		{New("%s: %s", Quoted("a"), List()), "'a': ", "“a”："},
		{Key("100 %% of %s").Text(Plain("it")), "100 % of it", "100 % of it"},
		{Of(fmt.Errorf("tally: %w: %w", Errorf("there is one already"), missing)), "tally: there is one already: a.yaml: there is no such file or directory", "tally: 已经存在: a.yaml：没有这个文件或目录"},
		{Of(missing), "a.yaml: there is no such file or directory", "a.yaml：没有这个文件或目录"},
		{Of(fmt.Errorf("reading: %w", Errorf("there is one already"))), "reading: there is one already", "reading: 已经存在"},
		{Of(fmt.Errorf("reading %w here", missing)), "reading a.yaml: there is no such file or directory here", "reading a.yaml：没有这个文件或目录 here"},
		{Of(errors.Join(missing, fs.ErrExist)), "a.yaml: there is no such file or directory\nthere is one already", "a.yaml：没有这个文件或目录\n已经存在"},
		{Of(&url.Error{Op: "Get", URL: "http://a", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}), "http://a: nothing listens there: is the server running?", "http://a：那里没有程序在接收：服务器启动了吗？"},
		{Of(&os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.ENOTEMPTY}), "b: the directory is not empty", "b：目录不是空的"},
		{Of(context.DeadlineExceeded), "it took too long", "等得太久，已超时"},
		{Of(errors.New("odd")), "odd", "odd"},
		{Of(regexpError("[a")), "missing closing ]: '[a'", "少了结尾的 ]：“[a”"},
		{Of(json.Unmarshal([]byte("{"), new(int))), "not JSON from byte 1 on", "从第 1 个字节起不是 JSON"},
		{New("%s: %d %s", Plain("选项"), 5, Quoted("a")), "选项: 5 'a'", "选项: 5“a”"},
		{New("%[2]s and %03d", 7, "x"), "x and %!d(MISSING)", "x and %!d(MISSING)"},
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

func TestCauses(t *testing.T) {
	const stale = Key("changed meanwhile")
	err := Errorf("%[2]w, %[1]v: %[3]w", fs.ErrExist, stale, fs.ErrNotExist)
	if !errors.Is(err, stale) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		t.Errorf("causes of %v", err)
	}
	if one := Errorf("%w", stale); errors.Unwrap(one) != error(stale) {
		t.Errorf("the cause is %v", errors.Unwrap(one))
	}
}

func regexpError(pattern string) error {
	_, err := regexp.Compile(pattern)
	return err
}

// verbs lists the verbs of a format, each with the number of its argument, in the order of the arguments.
func verbs(format string) []string {
	var all []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if m[1] != "" {
			fmt.Sscan(m[1], &next)
		}
		all = append(all, fmt.Sprint(next, strings.Replace(m[3], "w", "v", 1)))
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
