package stack

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// Functions that reply, fail, are not there and are of an earlier version.
func TestTryRoles(t *testing.T) {
	const fine = `[{"name":"a","action":"x","key":"k","want":"allowed","got":"allowed"},{"name":"d","action":"x","key":"k","want":"denied","got":"denied"}]`
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"probe":true}` || r.Method != http.MethodPost {
			t.Errorf("%s %s: %s", r.Method, r.URL.Path, body)
		}
		switch r.URL.EscapedPath() {
		case "/2015-03-31/functions/polls-submit%3Alive/invocations":
			io.WriteString(w, fine)
		case "/2015-03-31/functions/polls-failed/invocations":
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			io.WriteString(w, `{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}`)
		case "/2015-03-31/functions/polls-old/invocations":
			io.WriteString(w, `{"statusCode":400}`)
		default:
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			io.WriteString(w, `{"Message":"Function not found"}`)
		}
	}))
	defer service.Close()
	client := lambda.New(lambda.Options{Region: "eu-west-1", BaseEndpoint: &service.URL, Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("a", "b", ""))})
	if v := TryRoles(t.Context(), client, map[string]string{"Submit": "polls-submit:live"}); !v.Passed() || len(v.Rows) != 2 {
		t.Errorf("%+v", v)
	}
	v := TryRoles(t.Context(), client, map[string]string{"Submit": "polls-submit:live", "Invite": "polls-failed", "Publish": "polls-none", "Archive": "polls-old"})
	if v.Passed() || len(v.Silent) != 3 || v.Wrong != 0 || len(v.Rows) != 2 {
		t.Fatalf("%+v", v)
	}
	for i, want := range []string{"json", "exit status 1", "Function not found"} {
		if err := v.Silent[i].Err; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", v.Silent[i].Function, err)
		}
	}
}
