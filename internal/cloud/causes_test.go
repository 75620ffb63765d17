package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"

	"glasspoll/internal/message"
)

// What AWS says reaches operators in words of ours, in their language, and with what to do.
func TestCauses(t *testing.T) {
	table := NewTable(nil, "answers", Options{})
	api := func(code, words string) error {
		return &smithy.OperationError{ServiceID: "DynamoDB", OperationName: "GetItem", Err: fmt.Errorf("https response error StatusCode: 400: %w", &smithy.GenericAPIError{Code: code, Message: words})}
	}
	refused := &url.Error{Op: "Post", URL: "https://dynamodb.invalid", Err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}
	for _, test := range []struct {
		err    error
		en, zh string
	}{
		{
			table.wrap(api("AccessDeniedException", "User: me is not authorized")),
			"table answers: these credentials have no right to it: use those of an operator, or have the right added (AWS: AccessDeniedException: User: me is not authorized)",
			"表 answers：这组凭证没有权限：请用运维人员的凭证，或请人加上权限（AWS：AccessDeniedException：User: me is not authorized）",
		},
		{
			table.wrap(api("ExpiredTokenException", "")),
			"table answers: the credentials have expired: log in again, for example with `aws sso login` (AWS: ExpiredTokenException)",
			"表 answers：凭证已过期：请重新登录，例如用 `aws sso login`（AWS：ExpiredTokenException）",
		},
		{
			table.wrap(&smithy.OperationError{ServiceID: "DynamoDB", OperationName: "Query", Err: refused}),
			"table answers: https://dynamodb.invalid: nothing listens there: is the server running?",
			"表 answers：https://dynamodb.invalid：那里没有程序在接收：服务器启动了吗？",
		},
		{table.wrap(ErrNoSite), "table answers: no site has been published to it yet: run `glasspoll publish`", "表 answers：还没有往里发布过网站：请运行 `glasspoll publish`"},
		{table.wrap(errors.New("odd")), "table answers: odd", "表 answers：odd"},
		{
			newBucketError(404, []byte("<Error><Code>NoSuchBucket</Code><Message>It does not exist</Message></Error>")),
			"there is none in this account and region: is the name right, and AWS_REGION? (AWS: NoSuchBucket: It does not exist)",
			"这个账户和地区里没有：请检查名字和 AWS_REGION（AWS：NoSuchBucket：It does not exist）",
		},
		{newBucketError(403, nil), "status 403: the credentials are wrong, or have no right to it", "状态码 403：凭证不对，或没有权限"},
		{newBucketError(599, nil), "status 599", "状态码 599"},
	} {
		text := message.Of(test.err)
		if text.In(message.English) != test.en || text.In(message.Chinese) != test.zh || test.err.Error() != test.en {
			t.Errorf("%s\n%s", text.In(message.English), text.In(message.Chinese))
		}
	}
	if err := table.wrap(api("Throttling", "")); !errors.As(err, new(smithy.APIError)) {
		t.Errorf("the cause of %v is lost", err)
	}
	if err := table.wrap(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("the cause of %v is lost", err)
	}
}
