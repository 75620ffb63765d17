package cloud

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// Faults that somebody must mend are told from those that pass, whichever call of a submission meets them.
func TestFaultsThatLast(t *testing.T) {
	api := func(code, text string) error { return &smithy.GenericAPIError{Code: code, Message: text} }
	cancelled := func(code, text string) error {
		return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{{Code: aws.String("None")}, {Code: &code, Message: &text}}}
	}
	tea := parseSurvey(t, "tea", worldSurvey)
	for _, c := range []struct {
		err   error
		lasts bool
	}{
		{errNoRight, true},
		{errWrongKey, true},
		{&types.ResourceNotFoundException{Message: aws.String("Requested resource not found")}, true},
		{api("UnrecognizedClientException", "The security token included in the request is invalid"), true},
		{api("InvalidSignatureException", "Signature expired: 20261130T000000Z is now earlier than 20261130T001000Z"), false},
		{api("ExpiredTokenException", "The security token included in the request is expired"), false},
		{cancelled("ValidationError", "Item size to update has exceeded the maximum allowed size"), true},
		{cancelled("TransactionConflict", ""), false},
		{cancelled("ThrottlingError", ""), false},
		{errRate, false},
		{errFault, false},
		{errReset, false},
		{&types.RequestLimitExceeded{Message: aws.String("of the account")}, false},
		{context.DeadlineExceeded, false},
		{errors.New("odd"), false},
	} {
		for _, of := range []string{"GetItem", "TransactWriteItems"} {
			w := newWorld(tea, cloudtest.Options{})
			if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(t.Context(), tea); err != nil {
				t.Fatal(err)
			}
			p := w.process(cloudtest.Hooks{Around: func(_ context.Context, call cloudtest.Call, do func() error) error {
				if call.Name == of {
					return c.err
				}
				return do()
			}}, Options{Awaited: true})
			_, err := p.Put(t.Context(), worldResponse(1, "2026-10"))
			if err == nil || errors.Is(err, store.ErrPermanent) != c.lasts {
				t.Errorf("%v of %s lasts: %t", err, of, errors.Is(err, store.ErrPermanent))
			}
			if _, err := p.Invitation(t.Context(), invitation.Hash{1}); of == "GetItem" && errors.Is(err, store.ErrPermanent) != c.lasts {
				t.Errorf("%v of an invitation lasts: %t", err, errors.Is(err, store.ErrPermanent))
			}
		}
	}
}

// After a try whose outcome is unknown, nobody is told that the answers could not be stored: they may be.
func TestUnknownOutcomeDoesNotLast(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	for _, lost := range []error{errReset, errFault} {
		w := newWorld(tea, cloudtest.Options{})
		if err := w.process(cloudtest.Hooks{}, Options{}).PutDefinition(t.Context(), tea); err != nil {
			t.Fatal(err)
		}
		tries := 0
		p := w.process(cloudtest.Hooks{Around: func(_ context.Context, call cloudtest.Call, do func() error) error {
			if call.Name != "TransactWriteItems" {
				return do()
			}
			if tries++; tries == 1 {
				do()
				return lost
			}
			return errNoRight
		}}, Options{Awaited: true})
		_, err := p.Put(t.Context(), worldResponse(1, "2026-10"))
		if err == nil || tries != 2 || errors.Is(err, store.ErrPermanent) {
			t.Errorf("after %v, and %d tries: %v", lost, tries, err)
		}
		if _, err := p.Put(t.Context(), worldResponse(1, "2026-10")); !errors.Is(err, store.ErrPermanent) {
			t.Errorf("then: %v", err)
		}
	}
}

// What is damaged lasts.
func TestDamageLasts(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	w := newWorld(tea, cloudtest.Options{})
	p := w.process(cloudtest.Hooks{}, Options{})
	if err := p.PutDefinition(t.Context(), tea); err != nil {
		t.Fatal(err)
	}
	damage := func(i item) {
		t.Helper()
		if err := p.Table.put(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	shardsItem := key("K#tea", "2026-10")
	shardsItem[shards] = number(17)
	damage(shardsItem)
	if _, err := w.process(cloudtest.Hooks{}, Options{}).Put(t.Context(), worldResponse(1, "2026-10")); !errors.Is(err, store.ErrPermanent) {
		t.Errorf("the number of shards: %v", err)
	}
	definition := key("D#tea", tea.Version)
	definition[body] = binaryOf([]byte("damaged"))
	damage(definition)
	if _, err := w.process(cloudtest.Hooks{}, Options{}).Definition(t.Context(), "tea", ""); !errors.Is(err, store.ErrPermanent) {
		t.Errorf("a definition: %v", err)
	}
}
