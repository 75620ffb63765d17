package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/probe"
)

// A Prober tries out what the role of its process allows. It writes nothing and reads nothing that anybody has stored: its keys
// are those of a survey that cannot exist, its writes have a condition that never holds, and files the wrong checksum. AWS decides
// first whether a call is allowed, and then whether it can be made.
type Prober struct {
	getenv        func(string) string
	client        calls
	name, invited string
	bucket        *Bucket
}

// nobody stands for a survey and a response that cannot exist: ids begin with a letter.
const nobody = "_probe"

// never is a condition that holds for no item.
const never = "attribute_exists(" + partKey + ") AND attribute_not_exists(" + partKey + ")"

// NewProber tries out a table and the table of invitations. Bucket is nil for a function that has none.
func NewProber(getenv func(string) string, table, invitations string, bucket *Bucket) *Prober {
	return &Prober{getenv: getenv, client: callsOf(DynamoDB(getenv)), name: table, invited: invitations, bucket: bucket}
}

// attempt is one call to try out.
type attempt struct {
	probe.Probe
	passed []string // codes of errors that say that the call was allowed
	call   func(context.Context) error
}

// probesAtOnce bounds the calls that are made at a time.
const probesAtOnce = 8

// run makes the calls.
func run(ctx context.Context, attempts []attempt) []probe.Probe {
	probes := make([]probe.Probe, len(attempts))
	var group errgroup.Group
	group.SetLimit(probesAtOnce)
	for i, a := range attempts {
		group.Go(func() error {
			probes[i] = a.Probe
			probes[i].Got, probes[i].Detail = a.outcome(a.call(ctx))
			return nil
		})
	}
	group.Wait()
	return probes
}

// refusals are the codes of AWS that say that a role does not allow a call. Others that end in 403 say something else: that a
// signature is wrong, or that credentials have expired.
var refusals = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}

// outcome returns what an error says of the role, and the error in the words of AWS.
func (a attempt) outcome(err error) (got, detail string) {
	if err == nil {
		return probe.Allowed, ""
	}
	code := codeOf(err)
	switch {
	case slices.Contains(refusals, code):
		return probe.Denied, err.Error()
	case code == "ConditionalCheckFailedException", slices.Contains(a.passed, code):
		return probe.Allowed, ""
	}
	return probe.Unknown, err.Error()
}

// codeOf returns the code of an error of AWS; "" if it is none. Of a transaction it is that of the part that failed.
func codeOf(err error) string {
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		code := ""
		for _, reason := range cancelled.CancellationReasons {
			switch one := aws.ToString(reason.Code); {
			case one == "None" || one == "":
			case slices.Contains(refusals, one), code == "":
				code = one
			}
		}
		if code == "ConditionalCheckFailed" {
			return "ConditionalCheckFailedException"
		}
		return code
	}
	var object *bucketError
	if errors.As(err, &object) {
		return object.code
	}
	var service *serviceError
	if errors.As(err, &service) {
		return service.code
	}
	var failed smithy.APIError
	if errors.As(err, &failed) {
		return failed.ErrorCode()
	}
	return ""
}

// allowed and denied begin an attempt. The name of the former is that of the statement with what is tried of it.
func allowed(statement, action, key string) attempt {
	_, verb, _ := strings.Cut(action, ":")
	return attempt{Probe: probe.Probe{Name: statement + ": " + verb + " " + key, Statement: statement, Action: action, Key: key, Want: probe.Allowed}}
}

func denied(action, key string) attempt {
	_, verb, _ := strings.Cut(action, ":")
	return attempt{Probe: probe.Probe{Name: "no " + verb + " " + key, Action: action, Key: key, Want: probe.Denied}}
}

// named sets what the probe is called.
func (a attempt) named(name string) attempt {
	a.Name = name
	return a
}

// by sets the call.
func (a attempt) by(call func(context.Context) error) attempt {
	a.call = call
	return a
}

// partOf returns a partition key of a kind: "I#", or "S", which is a whole one.
func partOf(kind string) string {
	if strings.HasSuffix(kind, "#") {
		return kind + nobody + "#" + nobody
	}
	return kind
}

func keyOf(kind string) item { return key(partOf(kind), nobody) }

// table returns the name of a table, and what its keys are called in probes.
func (p *Prober) table(invitations bool) *string {
	if invitations {
		return &p.invited
	}
	return &p.name
}

// try makes a call of DynamoDB of one item.
func (p *Prober) try(action, kind string, invitations bool) func(context.Context) error {
	table, at := p.table(invitations), keyOf(kind)
	return func(ctx context.Context) (err error) {
		switch action {
		case "GetItem":
			_, err = p.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: at})
		case "Query":
			_, err = p.client.Query(ctx, &dynamodb.QueryInput{
				TableName: table, KeyConditionExpression: aws.String("PK = :pk AND SK = :sk"),
				ExpressionAttributeValues: item{":pk": at[partKey], ":sk": at[sortKey]},
			})
		case "BatchGetItem":
			_, err = p.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []item{at}}}})
		case "PutItem":
			_, err = p.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: at, ConditionExpression: aws.String(never)})
		case "UpdateItem":
			_, err = p.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: table, Key: at, UpdateExpression: aws.String("SET #n = :n"), ConditionExpression: aws.String(never),
				ExpressionAttributeNames: map[string]string{"#n": nobody}, ExpressionAttributeValues: item{":n": number(1)},
			})
		case "BatchWriteItem": // it takes no condition: nothing has the key
			_, err = p.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
				*table: {{DeleteRequest: &types.DeleteRequest{Key: at}}},
			}})
		default:
			err = fmt.Errorf("%s is no call of a probe", action)
		}
		return err
	}
}

// inTransaction makes a call of DynamoDB of one item inside a transaction, as the functions make it.
func (p *Prober) inTransaction(action, kind string, invitations bool) func(context.Context) error {
	table, at, condition := p.table(invitations), keyOf(kind), aws.String(never)
	var write types.TransactWriteItem
	switch action {
	case "PutItem":
		write.Put = &types.Put{TableName: table, Item: at, ConditionExpression: condition}
	case "DeleteItem":
		write.Delete = &types.Delete{TableName: table, Key: at, ConditionExpression: condition}
	case "ConditionCheckItem":
		write.ConditionCheck = &types.ConditionCheck{TableName: table, Key: at, ConditionExpression: condition}
	case "UpdateItem":
		write.Update = &types.Update{
			TableName: table, Key: at, UpdateExpression: aws.String("SET #n = :n"), ConditionExpression: condition,
			ExpressionAttributeNames: map[string]string{"#n": nobody}, ExpressionAttributeValues: item{":n": number(1)},
		}
	}
	return p.transaction(write)
}

func (p *Prober) transaction(writes ...types.TransactWriteItem) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := p.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		return err
	}
}

// shown is how the key of a kind is shown.
func shown(kind string, invitations bool) string {
	if invitations {
		return "invitations: " + partOf(kind)
	}
	return partOf(kind)
}

// allow returns attempts of an action on kinds of items that a statement must allow.
func (p *Prober) allow(statement, action string, invitations bool, kinds ...string) (all []attempt) {
	for _, kind := range kinds {
		all = append(all, allowed(statement, "dynamodb:"+action, shown(kind, invitations)).by(p.try(action, kind, invitations)))
	}
	return all
}

// allowInTransaction is allow inside a transaction.
func (p *Prober) allowInTransaction(statement, action string, invitations bool, kinds ...string) (all []attempt) {
	for _, kind := range kinds {
		a := allowed(statement, "dynamodb:"+action, shown(kind, invitations)).by(p.inTransaction(action, kind, invitations))
		all = append(all, a.named(a.Name+" in a transaction"))
	}
	return all
}

// deny returns attempts of an action on kinds of items that nothing may allow.
func (p *Prober) deny(action string, invitations bool, kinds ...string) (all []attempt) {
	for _, kind := range kinds {
		call := p.try(action, kind, invitations)
		if action == "DeleteItem" {
			call = p.inTransaction(action, kind, invitations)
		}
		all = append(all, denied("dynamodb:"+action, shown(kind, invitations)).by(call))
	}
	return all
}

// The codes of S3 for files that are not there, or not as a request wants them.
var notThere = []string{"NoSuchKey", "NotFound", "PreconditionFailed", "BadDigest", "InvalidDigest"}

// noTag is a tag that no file has.
const noTag = `"` + nobody + `"`

// wrongSum is the checksum of another content than that of a file that is tried out: S3 refuses to store it.
const wrongSum = "AAAAAAAAAAAAAAAAAAAAAA=="

// file returns an attempt on a file of the bucket: GetObject, PutObject or DeleteObject.
func (p *Prober) file(a attempt) attempt {
	a.passed = notThere
	return a.by(func(ctx context.Context) error {
		header := http.Header{}
		switch a.Action {
		case "s3:GetObject":
			header.Set("If-Match", noTag)
			return p.bucket.ask(ctx, http.MethodGet, p.bucket.address+"/"+escaped(a.Key), header, nil)
		case "s3:DeleteObject":
			return p.bucket.ask(ctx, http.MethodDelete, p.bucket.address+"/"+escaped(a.Key), header, nil)
		}
		header.Set("Content-Md5", wrongSum)
		if a.Want == probe.Allowed { // it needs the right to read, too
			header.Set("If-Match", noTag)
		}
		return p.bucket.ask(ctx, http.MethodPut, p.bucket.address+"/"+escaped(a.Key), header, []byte(nobody))
	})
}

// allowFiles returns attempts on files that a statement must allow.
func (p *Prober) allowFiles(statement, action string, names ...string) (all []attempt) {
	for _, name := range names {
		all = append(all, p.file(allowed(statement, "s3:"+action, name)))
	}
	return all
}

// denyFiles returns attempts on files that nothing may allow.
func (p *Prober) denyFiles(action string, names ...string) (all []attempt) {
	for _, name := range names {
		all = append(all, p.file(denied("s3:"+action, name)))
	}
	return all
}

// list returns an attempt to list the bucket.
func (p *Prober) list(statement string) attempt {
	return allowed(statement, "s3:ListBucket", nobody+"/").by(func(ctx context.Context) error {
		return p.bucket.ask(ctx, http.MethodGet, p.bucket.address+"/?list-type=2&max-keys=1&prefix="+nobody+"%2F", nil, nil)
	})
}

// A serviceError is an error of a service whose requests are JSON.
type serviceError struct {
	status     int
	code, text string
}

func (e *serviceError) Error() string {
	return fmt.Sprintf("status %d %s: %s", e.status, e.code, e.text)
}

// askService asks a service whose requests are JSON, and decodes its reply.
func askService(ctx context.Context, c *signedClient, address, media, target string, request, into any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {media}}
	if target != "" {
		header.Set("X-Amz-Target", target)
	}
	return retried(ctx, func() (retry bool, err error) {
		response, retry, err := c.send(ctx, http.MethodPost, address, header, body)
		if err != nil {
			return retry, err
		}
		if response.status == http.StatusOK {
			return false, json.Unmarshal(response.body, into)
		}
		var said struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		json.Unmarshal(response.body, &said) // without words, the status says it
		code := said.Type
		if code == "" {
			code, _, _ = strings.Cut(response.header.Get("X-Amzn-ErrorType"), ":")
		}
		return response.status >= 500, &serviceError{response.status, code[strings.LastIndex(code, "#")+1:], said.Message}
	})
}

// Media types of the AWS JSON protocols.
const (
	json10 = "application/x-amz-json-1.0"
	json11 = "application/x-amz-json-1.1"
)

// asking returns the client and the address of a service. signed is the name that signatures use.
func (p *Prober) asking(host, signed, endpoint string) (*signedClient, string) {
	region := p.getenv("AWS_REGION")
	return newSignedClient(signed, region, fromEnvironment(p.getenv), perTry, 0), endpointOf(host, region, endpoint) + "/"
}

// logs returns attempts to write the function's log. The stream is there already, and a line of two months ago is not taken.
func (p *Prober) logs() []attempt {
	const statement = "WriteLog"
	group, stream := p.getenv("AWS_LAMBDA_LOG_GROUP_NAME"), p.getenv("AWS_LAMBDA_LOG_STREAM_NAME")
	client, address := p.asking("logs", "logs", p.getenv("LOGS_ENDPOINT"))
	ask := func(ctx context.Context, operation string, request any) error {
		return askService(ctx, client, address, json11, "Logs_20140328."+operation, request, &struct{}{})
	}
	create := allowed(statement, "logs:CreateLogStream", group).by(func(ctx context.Context) error {
		return ask(ctx, "CreateLogStream", map[string]string{"logGroupName": group, "logStreamName": stream})
	})
	create.passed = []string{"ResourceAlreadyExistsException"}
	write := allowed(statement, "logs:PutLogEvents", group).by(func(ctx context.Context) error {
		return ask(ctx, "PutLogEvents", map[string]any{"logGroupName": group, "logStreamName": stream, "logEvents": []map[string]any{
			{"timestamp": time.Now().AddDate(0, -2, 0).UnixMilli(), "message": nobody},
		}})
	})
	return []attempt{create.named(statement + ": CreateLogStream"), write.named(statement + ": PutLogEvents")}
}
