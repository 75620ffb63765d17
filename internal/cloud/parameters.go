package cloud

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"glasspoll/internal/message"
)

// Parameters reads parameters of Systems Manager. Its requests are those of the AWS JSON 1.1 protocol.
type Parameters struct {
	address string
	client  *signedClient
}

// ParameterStore makes a client from the environment.
func ParameterStore(getenv func(string) string) *Parameters {
	return NewParameters(getenv("AWS_REGION"), getenv("SSM_ENDPOINT"), fromEnvironment(getenv))
}

// NewParameters uses the parameters of a region. Endpoint is "" for that of AWS.
func NewParameters(region, endpoint string, credentials aws.CredentialsProvider) *Parameters {
	return &Parameters{address: endpointOf("ssm", region, endpoint) + "/", client: newSignedClient("ssm", region, credentials, 10*time.Second, 0)}
}

// endpointOf returns the address of a service without a slash at the end.
func endpointOf(service, region, endpoint string) string {
	if endpoint == "" {
		endpoint = "https://" + service + "." + region + ".amazonaws.com"
		if strings.HasPrefix(region, "cn-") {
			endpoint += ".cn"
		}
	}
	return strings.TrimSuffix(endpoint, "/")
}

// Parameter returns the value of a parameter, decrypted.
func (p *Parameters) Parameter(ctx context.Context, name string) (value string, err error) {
	request, err := json.Marshal(struct {
		Name           string
		WithDecryption bool
	}{name, true})
	if err != nil {
		return "", err
	}
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AmazonSSM.GetParameter"}}
	err = retried(ctx, func() (retry bool, err error) {
		response, retry, err := p.client.send(ctx, http.MethodPost, p.address, header, request)
		if err != nil {
			return retry, err
		}
		var outcome struct {
			Type      string `json:"__type"`
			Message   string `json:"message"`
			Parameter struct{ Value string }
		}
		if err := json.Unmarshal(response.body, &outcome); err != nil && response.status == http.StatusOK {
			return true, message.Errorf("parameter %s: a response that is not JSON: %w", name, err)
		}
		if response.status != http.StatusOK {
			return response.status >= 500 || strings.Contains(outcome.Type, "Throttling"), message.Errorf("parameter %s: status %d %s %s", name, response.status, message.Plain(outcome.Type), message.Plain(outcome.Message))
		}
		value = outcome.Parameter.Value
		return false, nil
	})
	return value, err
}
