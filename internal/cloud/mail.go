package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
)

// Mail sends e-mail by the Simple Email Service, version 2. Its requests are those of the REST JSON protocol.
type Mail struct {
	address string
	client  *signedClient
	from    string
	to      string
}

// maxMail bounds the text of a message, in bytes.
const maxMail = 100_000

// SES makes a sender from the environment.
func SES(getenv func(string) string, from, to string) *Mail {
	return NewMail(getenv("AWS_REGION"), getenv("SES_ENDPOINT"), fromEnvironment(getenv), from, to)
}

// NewMail uses the service of a region. Endpoint is "" for that of AWS.
func NewMail(region, endpoint string, credentials aws.CredentialsProvider, from, to string) *Mail {
	return &Mail{address: endpointOf("email", region, endpoint) + "/v2/email/outbound-emails", client: newSignedClient("ses", region, credentials, 10*time.Second, 0), from: from, to: to}
}

type mailText struct {
	Data    string
	Charset string
}

// Send implements [notify.Sender].
func (m *Mail) Send(ctx context.Context, n news.Message) error {
	var request struct {
		FromEmailAddress string
		Destination      struct{ ToAddresses []string }
		Content          struct {
			Simple struct {
				Subject mailText
				Body    struct{ Text mailText }
			}
		}
	}
	request.FromEmailAddress, request.Destination.ToAddresses = m.from, []string{m.to}
	request.Content.Simple.Subject = mailText{n.Title, "UTF-8"}
	request.Content.Simple.Body.Text = mailText{n.Text(maxMail), "UTF-8"}
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	return retried(ctx, func() (retry bool, err error) {
		response, retry, err := m.client.send(ctx, http.MethodPost, m.address, http.Header{"Content-Type": {"application/json"}}, body)
		if err != nil {
			return retry, err
		}
		if response.status == http.StatusOK {
			return false, nil
		}
		var outcome struct {
			Message string `json:"message"`
		}
		json.Unmarshal(response.body, &outcome) // without words, the status says it
		code := response.header.Get("X-Amzn-ErrorType")
		code, _, _ = strings.Cut(code, ":")
		return response.status >= 500, message.Errorf("e-mail: status %d %s %s", response.status, message.Plain(code), message.Plain(outcome.Message))
	})
}
