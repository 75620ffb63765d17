package contacts

import (
	"bytes"
	"fmt"
	"testing"
)

func BenchmarkRead(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("姓名,邮箱,手机,语言,渠道,客户等级,地区\n")
	for n := range MaxRows {
		fmt.Fprintf(&file, "李雷%d,p%d@example.com,138%08d,中文,邮件,普通客户,东北\n", n, n, n)
	}
	s := parsed(b)
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		l, err := Read(s, file.Bytes())
		if err != nil || len(l.Contacts) != MaxRows {
			b.Fatal(len(l.Contacts), err)
		}
	}
}
