package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/cloudflare/circl/blindsign/blindrsa"

	"glasspoll/e2e/aws"
	"glasspoll/internal/blind"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// TestOnAWSAnonymously has a blinded value signed by one function, which is killed after it has marked the invitation, and sends the
// answers with the signature to the other: each with its role, of which one alone reads the private key, and neither an answer.
func TestOnAWSAnonymously(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	private, err := blind.NewPrivate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := private.Public("", map[string]string{"tier": "gold"})
	yaml := strings.Replace(invitedSurvey, "access: invited", "access: invited\nanonymity: anonymous", 1)
	s, problems := questionnaire.ParseWith("guests.yaml", []byte(yaml), questionnaire.Files{Keys: func(string) (*survey.Keys, error) {
		return &survey.Keys{Variant: survey.BlindVariant, Keys: []survey.Key{key}}, nil
	}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := errors.Join(d.table.PutDefinition(t.Context(), s), d.table.PutSigningKeys(t.Context(), s.ID, []blind.Private{private})); err != nil {
		t.Fatal(err)
	}
	secret := d.inviteMany(t, s, 1)[0]
	d.database.Reset()

	send := func(f *aws.Function, tail string, body any) (events.APIGatewayV2HTTPResponse, error) {
		t.Helper()
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: "/api/surveys/guests/" + tail, Headers: map[string]string{"content-type": "application/json"}, Body: string(data)}
		e.RequestContext.HTTP.Method = http.MethodPost
		raw, err := f.Invoke(t.Context(), e)
		var reply events.APIGatewayV2HTTPResponse
		if err == nil {
			err = json.Unmarshal(raw, &reply)
		}
		return reply, err
	}
	modulus, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	client, err := blindrsa.NewClient(blindrsa.SHA384PSSRandomized, &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	nonce, err := client.Prepare(rand.Reader, make([]byte, blind.NonceSize-32))
	if err != nil {
		t.Fatal(err)
	}
	blinded, state, err := client.Blind(rand.Reader, nonce)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(value []byte) map[string]string {
		return map[string]string{"invitation": secret, "key": key.ID, "blinded": base64.RawURLEncoding.EncodeToString(value)}
	}

	var signing, submitting []aws.Call
	d.database.Inject(func(c aws.Call) aws.Fault {
		if c.Name == "UpdateItem" {
			return aws.Applied
		}
		return aws.None
	}, d.invite.Kill)
	if reply, err := send(d.invite, "token", ask(blinded)); !errors.Is(err, aws.ErrKilled) {
		t.Fatalf("%d %s %v", reply.StatusCode, reply.Body, err)
	}
	signing = append(signing, d.database.Calls()...)
	d.database.Reset()
	var signatures []string
	for range 2 {
		reply, err := send(d.invite, "token", ask(blinded))
		if err != nil || reply.StatusCode != http.StatusOK {
			t.Fatalf("the same value again: %d %s %v", reply.StatusCode, reply.Body, err)
		}
		var signed struct{ Signature string }
		if err := json.Unmarshal([]byte(reply.Body), &signed); err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, signed.Signature)
	}
	other, _, err := client.Blind(rand.Reader, nonce)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := send(d.invite, "token", ask(other)); err != nil || reply.StatusCode != http.StatusConflict {
		t.Errorf("another value: %d %s %v", reply.StatusCode, reply.Body, err)
	}
	signing = append(signing, d.database.Calls()...)
	d.database.Reset()
	if signatures[0] != signatures[1] {
		t.Error("one value has two signatures")
	}

	signed, err := base64.RawURLEncoding.DecodeString(signatures[0])
	if err != nil {
		t.Fatal(err)
	}
	signature, err := client.Finalize(state, signed)
	if err != nil {
		t.Fatal(err)
	}
	token := blind.Token{Key: key.ID, Nonce: nonce, Signature: signature}.Encode()
	for _, status := range []int{http.StatusCreated, http.StatusOK} {
		reply, err := send(d.submit, "responses", map[string]any{"version": s.Version, "token": token, "answers": map[string]any{"overall": 4}})
		if err != nil || reply.StatusCode != status {
			t.Fatalf("the answers: %d %s %v", reply.StatusCode, reply.Body, err)
		}
	}
	submitting = append(submitting, d.database.Calls()...)
	if stored, marks := len(d.countStored()), d.marks(t); stored != 1 || marks != 1 {
		t.Errorf("%d stored and %d marks", stored, marks)
	}

	for _, c := range signing {
		if why := template.Invite().Denied(c); why != "" {
			t.Errorf("InviteRole does not allow %s: %s", c.Name, why)
		}
	}
	for _, c := range submitting {
		if why := template.Submit().Denied(c); why != "" {
			t.Errorf("SubmitRole does not allow %s: %s", c.Name, why)
		}
		if kind := kindOf(c); slices.Contains([]string{"GetItem V", "UpdateItem V", "GetItem K"}, kind) && strings.Contains(string(c.Body), "-invitations") {
			t.Errorf("who takes the answers makes the call %s", kind)
		}
	}
	read := aws.Call{Name: "GetItem", Body: []byte(`{"TableName":"polls-invitations","Key":{"PK":{"S":"K#guests"},"SK":{"S":"` + key.ID + `"}}}`)}
	for who, denied := range map[string]string{
		"SubmitRole": template.Submit().Denied(read), "PublishRole": template.Publish().Denied(read), "PublisherPolicy": template.Publisher().Denied(read),
		"InviterPolicy": template.Inviter().Denied(read), "OperatorPolicy": template.Operator().Denied(read), "CasesPolicy": template.Cases().Denied(read),
	} {
		if denied == "" {
			t.Errorf("%s allows to read a private key", who)
		}
	}
	if why := template.Invite().Denied(read); why != "" {
		t.Errorf("InviteRole does not allow to read a private key: %s", why)
	}
}
