package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Nothing stands in for AWS where nothing is stored: each call finds nothing, and no condition holds. Its replies have the form of
// those of AWS. It also takes the calls of services that no local server offers.
var Nothing = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	target := r.Header.Get("X-Amz-Target")
	reply := func(status int, body any) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(body)
	}
	fault := func(code string) {
		reply(http.StatusBadRequest, map[string]string{"__type": "com.amazonaws#" + code, "message": code})
	}
	type object = map[string]any
	switch name := target[strings.LastIndex(target, ".")+1:]; name {
	case "GetItem", "Query", "BatchGetItem", "BatchWriteItem", "PutLogEvents":
		reply(http.StatusOK, object{})
	case "PutItem", "UpdateItem", "DeleteItem":
		fault("ConditionalCheckFailedException")
	case "TransactWriteItems":
		var sent struct{ TransactItems []any }
		json.Unmarshal(body, &sent)
		reasons := make([]object, len(sent.TransactItems))
		for i := range reasons {
			reasons[i] = object{"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
		}
		reply(http.StatusBadRequest, object{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "message": "Transaction cancelled", "CancellationReasons": reasons})
	case "ListStreams":
		reply(http.StatusOK, object{"Streams": []object{{"StreamArn": "stream"}}})
	case "DescribeStream":
		reply(http.StatusOK, object{"StreamDescription": object{"Shards": []object{{"ShardId": "shard"}}}})
	case "GetShardIterator":
		reply(http.StatusOK, object{"ShardIterator": "iterator"})
	case "GetRecords":
		reply(http.StatusOK, object{"Records": []object{}})
	case "CreateLogStream":
		fault("ResourceAlreadyExistsException")
	case "GetParameter":
		fault("ParameterNotFound")
	case "PutEvents":
		reply(http.StatusOK, object{"FailedEntryCount": 1, "Entries": []object{{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}}})
	case "":
		nothingStored(w, r)
	default:
		fault("UnknownOperationException")
	}
})

// nothingStored is Nothing of S3 and of mail.
func nothingStored(w http.ResponseWriter, r *http.Request) {
	refused := func(status int, code string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case strings.HasPrefix(r.URL.Path, "/v2/email/"):
		w.Header().Set("X-Amzn-ErrorType", "MessageRejected:")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"message":"Email address is not verified."}`)
	case r.Method == http.MethodGet && key == "":
		io.WriteString(w, "<ListBucketResult/>")
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPut && r.Header.Get("If-Match") == "":
		refused(http.StatusBadRequest, "BadDigest")
	default:
		refused(http.StatusNotFound, "NoSuchKey")
	}
}
