// Package stacktest is an endpoint of AWS for tests: CloudFormation, STS and Lambda as a script says, in AWS's wire format, and
// S3 with what is stored in it.
package stacktest

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/tools/txtar"
)

// A Server answers as a script says. The script is a txtar archive; each of its sections is a reply, named by the action that it
// is the reply to, such as DescribeStacks. The replies to an action are given in their order, the last one again and again.
//
//	-- DescribeStacks --                       the content of the element DescribeStacksResult, or short for it: see wire
//	-- DescribeStacks 400 ValidationError --   an error; the content is its message
//	-- DescribeStackEvents cut --              the connection is closed without a reply
//	-- Invoke stack-Submit-1 --                the reply of a function; one action for each function
//	-- PutObject 403 AccessDenied --           an error of S3, which otherwise stores objects
//
// Actions without a reply fail as unknown.
type Server struct {
	*httptest.Server

	mutex    sync.Mutex
	replies  map[string][]reply
	requests []string
	buckets  map[string]map[string][]byte
	onCall   map[string]func()
}

type reply struct {
	status  int // 0 is a closed connection
	code    string
	content string
}

// New starts a server.
func New(script []byte) (*Server, error) {
	s := &Server{replies: map[string][]reply{}, buckets: map[string]map[string][]byte{}, onCall: map[string]func(){}}
	for _, f := range txtar.Parse(script).Files {
		words := strings.Fields(f.Name)
		r := reply{status: http.StatusOK, content: strings.TrimSpace(string(f.Data))}
		action := words[0]
		rest := words[1:]
		if action == "Invoke" && len(rest) > 0 {
			action, rest = action+" "+rest[0], rest[1:]
		}
		switch {
		case len(rest) == 1 && rest[0] == "cut":
			r.status = 0
		case len(rest) == 2:
			status, err := strconv.Atoi(rest[0])
			if err != nil {
				return nil, fmt.Errorf("section %s: %w", f.Name, err)
			}
			r.status, r.code = status, rest[1]
		case len(rest) != 0:
			return nil, fmt.Errorf("section %s is not understood", f.Name)
		}
		s.replies[action] = append(s.replies[action], r)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s, nil
}

// Environment returns the variables by which the SDK uses the server.
func (s *Server) Environment(region string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
	}
}

// Before has a function called before each reply to an action.
func (s *Server) Before(action string, call func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.onCall[action] = call
}

// Requests returns what was asked, a line each: the action, and its parameters in the order of their names; of S3, the bucket and
// the key.
func (s *Server) Requests() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.requests)
}

// Objects returns the keys of a bucket; nil if there is no bucket.
func (s *Server) Objects(bucket string) []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.buckets[bucket] == nil {
		return nil
	}
	keys := []string{}
	for key := range s.buckets[bucket] {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

var signedFor = regexp.MustCompile(`Credential=[^/]+/[0-9]{8}/([^/]+)/([^/]+)/aws4_request`)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	scope := signedFor.FindStringSubmatch(r.Header.Get("Authorization"))
	if scope == nil {
		http.Error(w, "not signed", http.StatusForbidden)
		return
	}
	switch scope[2] {
	case "s3":
		s.serveStorage(w, r, body)
	case "lambda":
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/")
		action := "Invoke " + name
		if r.Method == http.MethodGet {
			action = "GetFunctionConfiguration"
		}
		s.note(action, string(body))
		s.answer(w, action, func(content string) { _, _ = io.WriteString(w, content) }, jsonError)
	default:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		action := form.Get("Action")
		s.note(action, parametersOf(form))
		s.answer(w, action, func(content string) {
			_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>", action, wire(action, content))
		}, queryError)
	}
}

// parametersOf writes the parameters of an action, those that are lists as Name=Value.
func parametersOf(form url.Values) string {
	var parts []string
	for key, values := range form {
		switch member, isParameter := strings.CutSuffix(key, ".ParameterKey"); {
		case isParameter && form.Has(member+".ParameterValue"):
			parts = append(parts, values[0]+"="+form.Get(member+".ParameterValue"))
		case isParameter:
			parts = append(parts, values[0]+"=(kept)")
		case strings.Contains(key, ".ParameterValue"), strings.Contains(key, ".UsePreviousValue"), key == "Action", key == "Version", key == "TemplateBody", key == "ClientRequestToken", key == "ChangeSetName":
		default:
			parts = append(parts, key+"="+values[0])
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func (s *Server) note(action, parameters string) {
	s.mutex.Lock()
	s.requests = append(s.requests, strings.TrimSpace(action+" "+parameters))
	call := s.onCall[action]
	s.mutex.Unlock()
	if call != nil {
		call()
	}
}

// next takes the next reply to an action.
func (s *Server) next(action string) (reply, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	list := s.replies[action]
	if len(list) == 0 {
		content, known := defaults[action]
		return reply{status: http.StatusOK, content: content}, known
	}
	if len(list) > 1 {
		s.replies[action] = list[1:]
	}
	return list[0], true
}

// answer gives the next reply to an action.
func (s *Server) answer(w http.ResponseWriter, action string, succeed func(content string), fail func(w http.ResponseWriter, r reply)) {
	r, ok := s.next(action)
	switch {
	case !ok:
		fail(w, reply{status: http.StatusBadRequest, code: "InvalidAction", content: "the script has no reply to " + action})
	case r.status == 0:
		cut(w)
	case r.status != http.StatusOK:
		fail(w, r)
	default:
		succeed(r.content)
	}
}

// cut closes the connection.
func cut(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		connection.Close()
	}
}

func queryError(w http.ResponseWriter, r reply) {
	w.WriteHeader(r.status)
	_, _ = fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>", r.code, escape(r.content))
}

func jsonError(w http.ResponseWriter, r reply) {
	w.Header().Set("X-Amzn-Errortype", r.code)
	w.WriteHeader(r.status)
	_, _ = fmt.Fprintf(w, `{"Message": %q}`, r.content)
}

func storageError(w http.ResponseWriter, r reply) {
	w.WriteHeader(r.status)
	_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", r.code, escape(r.content))
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// serveStorage answers requests of S3, with buckets in the path.
func (s *Server) serveStorage(w http.ResponseWriter, r *http.Request, body []byte) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	action := storageAction(r, key)
	s.note(action, strings.TrimSpace(bucket+" "+key))
	if scripted, ok := s.next(action); ok {
		if scripted.status == 0 {
			cut(w)
		} else {
			storageError(w, scripted)
		}
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	objects, exists := s.buckets[bucket]
	if !exists && action != "CreateBucket" {
		storageError(w, reply{status: http.StatusNotFound, code: "NoSuchBucket"})
		return
	}
	switch action {
	case "CreateBucket":
		s.buckets[bucket] = map[string][]byte{}
	case "HeadObject":
		if _, found := objects[key]; !found {
			w.WriteHeader(http.StatusNotFound)
		}
	case "PutObject":
		objects[key] = body
	case "DeleteObject":
		delete(objects, key)
		w.WriteHeader(http.StatusNoContent)
	case "DeleteBucket":
		delete(s.buckets, bucket)
		w.WriteHeader(http.StatusNoContent)
	case "ListObjects":
		var b strings.Builder
		for key := range objects {
			fmt.Fprintf(&b, "<Contents><Key>%s</Key></Contents>", escape(key))
		}
		_, _ = fmt.Fprintf(w, "<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>", &b)
	}
}

// storageAction names a request of S3. The settings of a bucket are one action.
func storageAction(r *http.Request, key string) string {
	switch {
	case key != "":
		return map[string]string{http.MethodHead: "HeadObject", http.MethodPut: "PutObject", http.MethodDelete: "DeleteObject"}[r.Method]
	case r.Method == http.MethodHead:
		return "HeadBucket"
	case r.Method == http.MethodDelete:
		return "DeleteBucket"
	case r.Method == http.MethodGet:
		return "ListObjects"
	case len(r.URL.Query()) > 0:
		return "PutBucketSetting"
	}
	return "CreateBucket"
}
