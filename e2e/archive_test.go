package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/internal/answer"
	"glasspoll/internal/archive"
)

// TestArchivesOnAWS: the function archives a period that is over, once, and again without the answers of whoever was erased.
func TestArchivesOnAWS(t *testing.T) {
	d := deploy(t)
	ctx, name := t.Context(), d.name()
	archives := name + "-archives"
	if _, err := d.bucket.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &archives}); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "TMPDIR": t.TempDir(),
		"TABLE": name, "INVITATIONS": name + "-invitations", "ARCHIVES": archives, "DYNAMODB_ENDPOINT": d.database.URL, "S3_ENDPOINT": d.files.URL,
	}
	f := d.function("archive", env)
	const period = "2020-Q1"
	for i := range 5 {
		r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Survey: "service", Version: d.survey.Version, Period: period, Language: "en",
			Answers: []answer.Answer{{"overall", fmt.Sprint(1 + i)}, {"remark", "fine"}}}
		if created, err := d.table.Put(ctx, r); err != nil || !created {
			t.Fatal(created, err)
		}
	}
	run := func() {
		t.Helper()
		if _, err := f.Invoke(ctx, map[string]any{}); err != nil {
			t.Fatal(err)
		}
	}
	run() // nothing is counted yet: the function that publishes does that
	if found := listed(ctx, t, d.bucket, archives); len(found) > 0 {
		t.Fatalf("archived before it was counted: %v", found)
	}
	if err := d.publishChanges(period); err != nil {
		t.Fatal(err)
	}
	run()
	first := fetchArchive(ctx, t, d.bucket, archives)
	checked, err := archive.Check(ctx, first)
	if err != nil || len(checked.Findings) > 0 || checked.Manifest.Responses != 5 || checked.Manifest.Releases != 1 || checked.Manifest.Private {
		t.Fatalf("%+v, %v\n%s", checked, err, d.log)
	}
	if found := listed(ctx, t, d.bucket, archives); !slices.Equal(found, []string{"service-2020-Q1.zip", "service-2020-Q1.zip.sha256"}) {
		t.Errorf("%v", found)
	}
	run()
	if n := strings.Count(d.log.String(), `"msg":"archived"`); n != 1 {
		t.Errorf("archived %d times:\n%s", n, d.log)
	}

	if erased, err := d.table.Erase(ctx, "service", "00000000-0000-4000-8000-000000000003", nil); err != nil || !erased {
		t.Fatal(erased, err)
	}
	if err := d.publishChanges(period); err != nil {
		t.Fatal(err)
	}
	run()
	second := fetchArchive(ctx, t, d.bucket, archives)
	if checked, err = archive.Check(ctx, second); err != nil || len(checked.Findings) > 0 || checked.Manifest.Responses != 4 || checked.Manifest.Withdrawn != 1 {
		t.Errorf("%+v, %v\n%s", checked, err, d.log)
	}
}

// listed lists the objects of a bucket.
func listed(ctx context.Context, t *testing.T, client *s3.Client, bucket string) (names []string) {
	t.Helper()
	found, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range found.Contents {
		names = append(names, sdk.ToString(object.Key))
	}
	return names
}

// fetchArchive copies the archive of a bucket into a file.
func fetchArchive(ctx context.Context, t *testing.T, client *s3.Client, bucket string) (name string) {
	t.Helper()
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: sdk.String("service-2020-Q1.zip")})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
