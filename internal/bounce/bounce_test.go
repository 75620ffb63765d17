package bounce

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// dsn is a delivery report as Postfix writes it.
const dsn = `Return-Path: <>
Date: Mon, 30 Nov 2026 12:00:00 +0800 (CST)
From: MAILER-DAEMON@mail.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces+mp6mjnvs3dbjirkj@example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B8A.1/mail.example.com"

This is a MIME-encapsulated message.

--B8A.1/mail.example.com
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.com.

From here on the text may have anything: Final-Recipient: rfc822; nobody@example.com

--B8A.1/mail.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com
X-Postfix-Queue-ID: B8A
Arrival-Date: Mon, 30 Nov 2026 11:59:58 +0800 (CST)

Final-Recipient: rfc822; p1@example.org
Original-Recipient: rfc822;P1@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 <p1@example.org>: Recipient address
    rejected: User unknown

--B8A.1/mail.example.com
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: "Facilities" <tea@example.com>
Message-ID: <glasspoll.kjcrxgui4fwzy3q4@example.com>
X-Glasspoll-Message: mp6mjnvs3dbjirkj

--B8A.1/mail.example.com--
`

// short returns a report with one group of fields.
func short(fields string) string {
	return "From: postmaster@example.com\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n" + fields + "\n--b--\n"
}

func TestReads(t *testing.T) {
	failed := "[mp6mjnvs3dbjirkj kjcrxgui4fwzy3q4 mp6mjnvs3dbjirkj] [P1@example.com p1@example.org] final: 5.1.1 550 5.1.1 <p1@example.org>: Recipient address rejected: User unknown"
	for name, c := range map[string]struct{ source, want string }{
		"a report":   {dsn, "the message: " + failed},
		"CRLF":       {strings.ReplaceAll(dsn, "\n", "\r\n"), "the message: " + failed},
		"a mailbox":  {"From MAILER-DAEMON Mon Nov 30 12:00:00 2026\n" + dsn + "\nFrom x@y Mon Nov 30 12:00:00 2026\nSubject: hello\n\n>From here\nFrom there\n\nFrom - Mon Nov 30 12:00:00 2026\n" + dsn, "message 1: " + failed + "\nmessage 3: " + failed + "\nothers: 1"},
		"forwarded":  {"From: a@example.com\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\nsee below\n--m\nContent-Type: message/rfc822\n\n" + dsn + "\n--m--\n", "the message: " + failed},
		"delayed":    {short("Final-Recipient: rfc822; p1@example.com\nAction: delayed\nStatus: 4.4.1\n"), "the message: [] [p1@example.com] for now: 4.4.1"},
		"expired":    {short("Final-Recipient: rfc822; p1@example.com\nAction: failed\nStatus: 4.4.7\n"), "the message: [] [p1@example.com] final: 4.4.7"},
		"delivered":  {short("Final-Recipient: rfc822; p1@example.com\nAction: delivered\nStatus: 2.0.0\n"), "others: 1"},
		"no action":  {short("Final-Recipient: rfc822; p1@example.com\nStatus: 5.0.0\n"), "the message: [] [p1@example.com] final: 5.0.0"},
		"two people": {short("Final-Recipient: rfc822; a@example.com\nAction: failed\nFinal-Recipient: rfc822; b@example.com\nAction: failed\n"), "the message: [] [a@example.com] final: \nthe message: [] [b@example.com] final:"},
		"base64": {"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString([]byte("A: b\n\nFinal-Recipient: utf-8; 甲@example.com\nAction: failed\n")) + "\n--b--\n", "the message: [] [甲@example.com] final:"},
		"cut off":       {dsn[:strings.Index(dsn, "Diagnostic-Code")], "the message: [mp6mjnvs3dbjirkj] [P1@example.com p1@example.org] final: 5.1.1"},
		"Exim":          {"X-Failed-Recipients: p1@example.com\nAuto-Submitted: auto-replied\nFrom: Mailer-Daemon@example.com\n\nbody\nMessage-Id: <glasspoll.kjcrxgui4fwzy3q4@example.com>\n", "the message: [kjcrxgui4fwzy3q4] [p1@example.com] final:"},
		"a reply":       {"From: p1@example.com\nIn-Reply-To: <glasspoll.kjcrxgui4fwzy3q4@example.com>\nTo: bounces+mp6mjnvs3dbjirkj@example.com\nSubject: Re: hello\n\nI am away\n", "others: 1"},
		"a list":        {"email,type\np1@example.com,Permanent\np2@example.com,Transient\n\"P3 <p3@example.com>\",soft\n,x\n", "row 2: [] [p1@example.com] final: Permanent\nrow 3: [] [p2@example.com] for now: Transient\nrow 4: [] [p3@example.com] for now: soft"},
		"a bare list":   {"p1@example.com\np2@example.com\n", "row 1: [] [p1@example.com] final: \nrow 2: [] [p2@example.com] final:"},
		"another order": {"状态;姓名;邮箱\n临时;甲;p1@example.com\n5.1.1;乙;p2@example.com\n", "row 2: [] [p1@example.com] for now: 临时\nrow 3: [] [p2@example.com] final: 5.1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read([]byte(c.source))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, report := range r.Reports {
				when := "for now"
				if report.Final {
					when = "final"
				}
				lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s: %s %s %s: %s", report.Place, report.Tags, report.To, when, report.Note)))
			}
			if r.Others > 0 {
				lines = append(lines, fmt.Sprintf("others: %d", r.Others))
			}
			want := strings.Split(c.want, "\n")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			if !slices.Equal(lines, want) {
				t.Errorf("%s\nwant\n%s", strings.Join(lines, "\n"), c.want)
			}
		})
	}
	for _, source := range []string{"", " \n", "name,phone\nA,1\n", "hello"} {
		if r, err := Read([]byte(source)); err == nil {
			t.Errorf("%q: %v", source, r)
		}
	}
}

// FuzzRead reads anything. What it finds is bounded and in one line.
func FuzzRead(f *testing.F) {
	f.Add([]byte(dsn))
	f.Add([]byte("From x\n" + dsn + "\nFrom y\n" + dsn))
	f.Add([]byte(short("Final-Recipient: rfc822; p1@example.com\nAction: delayed\n")))
	f.Add([]byte("email,type\np1@example.com,soft\n"))
	f.Add([]byte("Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: message/rfc822\n\n" + dsn))
	f.Add([]byte("X-Failed-Recipients: a@b, <c@d>\n\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		r, err := Read(source)
		if err != nil {
			return
		}
		for _, report := range r.Reports {
			if len(report.To) == 0 || len([]rune(report.Note)) > maxNote+1 || strings.ContainsAny(report.Note+strings.Join(report.To, ""), "\r\n\x00\x1b") {
				t.Errorf("%q: %+v", source, report)
			}
		}
	})
}
