package results
import ("testing";"bytes";"os")
func TestZZ(t *testing.T){ r:=renderer(t); s:=thirtyWithCrossTabs(t); report:=quarterlyReport(t,s,8,97); for _,l:=range []string{"zh","en"} { var b bytes.Buffer
 if err:=r.HTML(&b, Page{Set: NewSet(report), Actions: testActions("q0_0"), Today:"2026-11-22", Language:l, Root:"../../"}); err!=nil {t.Fatal(err)}
 os.WriteFile("/tmp/r14/thirty."+l+".html", b.Bytes(), 0o644)}}
