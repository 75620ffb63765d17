package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/e2e/aws"
)

// runPublishProcess runs `glasspoll publish` to its end; started is called with its process.
func (d *deployment) runPublishProcess(t *testing.T, surveys string, started func(*os.Process), more ...string) (string, error) {
	t.Helper()
	args := append([]string{"publish", "--table", d.name(), "--bucket", d.name(), "--surveys", surveys, "--out", filepath.Join(d.built, "public")}, more...)
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Env = append(os.Environ(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "DYNAMODB_ENDPOINT="+d.database.URL, "S3_ENDPOINT="+d.files.URL)
	var out output
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		return "", err
	}
	if started != nil {
		started(command.Process)
	}
	err := command.Wait()
	return out.String(), err
}

// objects gets all objects of the bucket, by key.
func (d *deployment) objects(t *testing.T) map[string]*s3.GetObjectOutput {
	t.Helper()
	all := map[string]*s3.GetObjectOutput{}
	pages := s3.NewListObjectsV2Paginator(d.bucket, &s3.ListObjectsV2Input{Bucket: sdk.String(d.name())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			out, err := d.bucket.GetObject(t.Context(), &s3.GetObjectInput{Bucket: sdk.String(d.name()), Key: o.Key})
			if err != nil {
				t.Fatal(err)
			}
			all[*o.Key] = out
		}
	}
	return all
}

func readBody(t *testing.T, o *s3.GetObjectOutput) string {
	t.Helper()
	var b strings.Builder
	buffer := make([]byte, 32<<10)
	for {
		n, err := o.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			o.Body.Close()
			return b.String()
		}
	}
}

func (d *deployment) putObject(t *testing.T, key, content string) {
	t.Helper()
	if _, err := d.bucket.PutObject(t.Context(), &s3.PutObjectInput{Bucket: sdk.String(d.name()), Key: &key, Body: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
}

func TestPublishCommandUploadsChanges(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	surveys := writeSurveys(t, map[string]string{"tea.yaml": teaSurvey})
	d.database.Reset()
	d.files.Reset()
	if out, err := d.runPublish(t, surveys, "--dry-run"); err != nil || !strings.Contains(out, "tea: new") || !strings.Contains(out, "would upload tea/index.html") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range append(d.database.Calls(), d.files.Calls()...) {
		if c.Name != "GetItem" && c.Name != "Query" && !strings.HasPrefix(c.Name, "HEAD ") {
			t.Errorf("a dry run calls %s", c.Name)
		}
	}
	out, err := d.runPublish(t, surveys)
	if err != nil || !strings.Contains(out, "service: no longer among the questionnaires") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range append(d.database.Calls(), d.files.Calls()...) {
		if why := template.Publisher().Denied(c); why != "" {
			t.Errorf("PublisherPolicy does not allow %s: %s", c.Name, why)
		}
	}
	all := d.objects(t)
	for key, want := range map[string][2]string{
		"index.html":               {"text/html; charset=utf-8", "public, max-age=60, s-maxage=60, stale-while-revalidate=600"},
		"tea/en/index.html":        {"text/html; charset=utf-8", "public, max-age=60, s-maxage=60, stale-while-revalidate=600"},
		"tea/definition.json":      {"application/json", "public, max-age=60, s-maxage=60, stale-while-revalidate=600"},
		"tea/results/results.json": {"application/json", "public, max-age=0, s-maxage=60, stale-while-revalidate=86400"},
		"404.html":                 {"text/html; charset=utf-8", "public, max-age=60, s-maxage=60, stale-while-revalidate=600"},
	} {
		o := all[key]
		if o == nil {
			t.Errorf("%s is missing", key)
			continue
		}
		if got := [2]string{sdk.ToString(o.ContentType), sdk.ToString(o.CacheControl)}; got != want {
			t.Errorf("%s has the headers %v, want %v", key, got, want)
		}
	}
	assets := 0
	for key, o := range all {
		if strings.HasPrefix(key, "assets/") {
			assets++
			if cache := sdk.ToString(o.CacheControl); cache != "public, max-age=31536000, immutable" {
				t.Errorf("%s: %s", key, cache)
			}
		}
	}
	if assets < 2 {
		t.Errorf("%d assets", assets)
	}
	// Assets are uploaded first, then data, then pages.
	step := 0
	for _, c := range d.files.Calls() {
		name, isPut := strings.CutPrefix(c.Name, "PUT /"+d.name()+"/")
		now := map[bool]int{true: 0, false: 1}[strings.HasPrefix(name, "assets/")]
		if strings.HasSuffix(name, ".html") {
			now = 2
		}
		if isPut && now < step {
			t.Errorf("%s comes after a page", name)
		}
		if isPut {
			step = now
		}
	}

	if out, err := d.runPublish(t, surveys); err != nil || !strings.Contains(out, " 0 uploaded") {
		t.Errorf("again: %v\n%s", err, out)
	}
	// An edit does not replace published results.
	d.putObject(t, "tea/results/index.html", "results")
	edited := writeSurveys(t, map[string]string{"tea.yaml": strings.Replace(teaSurvey, "en: Tea}", "en: Good tea}", 1)})
	out, err = d.runPublish(t, edited)
	if err != nil || !strings.Contains(out, "tea: changed in wording or look only") || strings.Contains(out, " 0 uploaded") {
		t.Errorf("an edit: %v\n%s", err, out)
	}
	all = d.objects(t)
	if got := readBody(t, all["tea/results/index.html"]); got != "results" {
		t.Error("published results were replaced")
	}
	if got := readBody(t, all["tea/en/index.html"]); !strings.Contains(got, "Good tea") {
		t.Error("the edited page was not uploaded")
	}
}

func TestPublishCommandRefusesUnapproved(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	surveys := writeSurveys(t, map[string]string{"tea.yaml": teaSurvey + "document: {number: QR-1}\n"})
	d.database.Reset()
	out, err := d.runPublish(t, surveys)
	if err == nil || !strings.Contains(out, "document QR-1 is not approved: it needs approved_by and approved_on") || len(d.database.Calls()) != 0 {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := d.runPublish(t, surveys, "--unapproved"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var (
	pageVersion = regexp.MustCompile(`name="_version" value="([0-9a-f]+)"`)
	pageAsset   = regexp.MustCompile(`(?:href|src)="[./]*(assets/[^"]+)"`)
)

// TestPublishCommandKilledAtAnyCall kills `glasspoll publish` at a call: at every moment the assets and the definition of each
// page exist, and running the command again completes the work.
func TestPublishCommandKilledAtAnyCall(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	surveys := writeSurveys(t, map[string]string{"tea.yaml": teaSurvey})
	for _, network := range []*aws.Proxy{d.database, d.files} {
		for _, fault := range []aws.Fault{aws.NotApplied, aws.Applied} {
			for _, call := range []int{1, 2, 3, 5, 8, 13, 21, 34} {
				var process *os.Process
				var mu sync.Mutex
				hit := false
				mu.Lock()
				network.Inject(func(c aws.Call) aws.Fault {
					if c.Number == call {
						hit = true
						return fault
					}
					return aws.None
				}, func() {
					mu.Lock()
					defer mu.Unlock()
					process.Kill()
				})
				d.runPublishProcess(t, surveys, func(p *os.Process) { process = p; mu.Unlock() })
				network.Reset()
				d.checkConsistent(t)
				if !hit {
					break
				}
			}
			if out, err := d.runPublish(t, surveys); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := d.runPublish(t, surveys); err != nil || !strings.Contains(out, " 0 uploaded") {
				t.Fatalf("%v\n%s", err, out)
			}
			d.deleteAll(t)
		}
	}
}

// checkConsistent checks that the assets and the definition of each page exist.
func (d *deployment) checkConsistent(t *testing.T) {
	t.Helper()
	all := d.objects(t)
	for key, o := range all {
		if !strings.HasSuffix(key, ".html") {
			continue
		}
		page := readBody(t, o)
		for _, m := range pageAsset.FindAllStringSubmatch(page, -1) {
			if all[m[1]] == nil {
				t.Errorf("%s needs %s, which does not exist", key, m[1])
			}
		}
		if m := pageVersion.FindStringSubmatch(page); m != nil {
			if _, err := d.table.Definition(t.Context(), "tea", m[1]); err != nil {
				t.Errorf("%s needs version %s: %v", key, m[1], err)
			}
		}
	}
}

// deleteAll empties the table and the bucket.
func (d *deployment) deleteAll(t *testing.T) {
	t.Helper()
	for key := range d.objects(t) {
		if _, err := d.bucket.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: sdk.String(d.name()), Key: &key}); err != nil {
			t.Fatal(err)
		}
	}
	pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{TableName: sdk.String(d.name()), ProjectionExpression: sdk.String("PK, SK")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			if _, err := d.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: sdk.String(d.name()), Key: i}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
