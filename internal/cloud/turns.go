package cloud

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// turnTime is for how long a turn lasts at most: longer than the function may run.
const turnTime = 3 * time.Minute

// turnAttempts bounds the tries to change a turn that many processes change.
const turnAttempts = 50

// turn is whose turn it is with a survey.
type turn struct {
	token   string   // "": nobody's
	until   int64    // seconds since 1970
	periods []string // of the turn
	left    []string // of those who were turned away
	more    bool     // somebody was turned away
}

// The attributes of a turn.
const (
	turnToken   = "token"
	turnUntil   = "until"
	turnPeriods = "periods"
	turnLeft    = "left"
	turnMore    = "more"
)

func textsOf(i item, name string) []string {
	if set, ok := i[name].(*types.AttributeValueMemberSS); ok {
		return slices.Sorted(slices.Values(set.Value))
	}
	return nil
}

func setTexts(i item, name string, texts []string) {
	if len(texts) > 0 {
		i[name] = &types.AttributeValueMemberSS{Value: texts}
	}
}

// union returns the texts of both lists, in order, each once.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// changeTurn changes a survey's turn, trying again if another process changes it meanwhile. change returns false to leave it.
func (t *Table) changeTurn(ctx context.Context, survey string, change func(*turn) bool) error {
	for try := range turnAttempts {
		i, err := t.get(ctx, "U#"+survey, noSort)
		if err != nil {
			return err
		}
		until, _ := integerOf(i, turnUntil)
		revision, _ := integerOf(i, counter)
		more, _ := i[turnMore].(*types.AttributeValueMemberBOOL)
		is := turn{textOf(i, turnToken), until, textsOf(i, turnPeriods), textsOf(i, turnLeft), more != nil && more.Value}
		if !change(&is) {
			return nil
		}
		changed := key("U#"+survey, noSort)
		changed[counter], changed[turnUntil] = number(revision+1), number(is.until)
		if is.token != "" { // DynamoDB once refused empty texts, and DynamoDB Local does
			changed[turnToken] = text(is.token)
		}
		changed[turnMore] = &types.AttributeValueMemberBOOL{Value: is.more}
		setTexts(changed, turnPeriods, is.periods)
		setTexts(changed, turnLeft, is.left)
		put := &dynamodb.PutItemInput{TableName: &t.name, Item: changed, ConditionExpression: free()}
		if i != nil {
			put.ConditionExpression, put.ExpressionAttributeValues = aws.String("revision = :revision"), item{":revision": number(revision)}
		}
		_, err = t.client.PutItem(ctx, put)
		if !refused(err) {
			return t.wrap(err)
		}
		if err := pause(ctx, try); err != nil {
			return t.wrap(err)
		}
	}
	return t.wrap(message.Errorf("the turn of %s keeps changing: try again", survey))
}

// BeginTurn implements [store.Turns].
func (t *Table) BeginTurn(ctx context.Context, survey string, periods ...string) (*store.Turn, error) {
	token := rand.Text()
	var begun *store.Turn
	err := t.changeTurn(ctx, survey, func(is *turn) bool {
		begun = nil
		if is.token != "" && t.now().Unix() < is.until {
			is.left, is.more = union(is.left, periods), true
			return true
		}
		is.token, is.until, is.more = token, t.now().Add(turnTime).Unix(), false
		is.periods, is.left = union(union(is.periods, is.left), periods), nil
		begun = &store.Turn{Survey: survey, Periods: is.periods, Token: token}
		return true
	})
	if err != nil {
		return nil, err
	}
	return begun, nil
}

// EndTurn implements [store.Turns].
func (t *Table) EndTurn(ctx context.Context, own *store.Turn) (again bool, err error) {
	var left []string
	err = t.changeTurn(ctx, own.Survey, func(is *turn) bool {
		again = false
		if is.token != own.Token {
			return false
		}
		if again = is.more; again {
			left = is.left
			is.periods, is.left, is.more, is.until = left, nil, false, t.now().Add(turnTime).Unix()
			return true
		}
		*is = turn{}
		return true
	})
	if err != nil {
		return false, err
	}
	if again {
		own.Periods = left
	}
	return again, nil
}

// LeaveTurn implements [store.Turns].
func (t *Table) LeaveTurn(ctx context.Context, own *store.Turn) error {
	return t.changeTurn(ctx, own.Survey, func(is *turn) bool {
		if is.token != own.Token {
			return false
		}
		*is = turn{left: union(is.periods, is.left)}
		return true
	})
}
