package cloud

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"glasspoll/internal/message"
)

// form is the form of the items that this program reads and writes, an attribute of the site's item. Tables of the form before
// have none there. They have the local index [OldIndex], and package indexed reads them.
const (
	form        = "form"
	currentForm = 2
)

// OldIndex is the local secondary index of tables of the older form.
const OldIndex = "by_arrival"

// ErrNoSite says that nothing has been published to a table.
var ErrNoSite error = message.Key("no site has been published to it yet: run `glasspoll publish`")

// OldFormError says that a table is of an older form, in which nothing can be written any more.
type OldFormError struct{ Table string }

func (e *OldFormError) Error() string { return e.Message().String() }

// Message returns the text of the error.
func (e *OldFormError) Message() message.Text {
	return message.New("table %s is of the form of an earlier version of Glasspoll: it can be read, and takes no answers any more. Carry everything over with `glasspoll results move table:%s table:NEW`, where NEW is the table that the new template has made, and use the new one", e.Table, e.Table)
}

// Ready returns an error unless a site has been published to the table, in the form of this program: an [OldFormError], or one
// that is [ErrNoSite]. It costs a read until it has returned nil. Functions ask before they store anything.
func (t *Table) Ready(ctx context.Context) error {
	t.mu.Lock()
	ready := t.ready
	t.mu.Unlock()
	if ready {
		return nil
	}
	i, err := t.get(ctx, siteKey, current)
	if err != nil {
		return err
	}
	if i == nil {
		return t.wrap(ErrNoSite)
	}
	if err := t.checkForm(i); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ready = true
	return nil
}

// checkForm checks the form in the site's item.
func (t *Table) checkForm(i item) error {
	switch n, ok := integerOf(i, form); {
	case !ok:
		return &OldFormError{t.name}
	case n != currentForm:
		return t.wrap(message.Errorf("it is of form %d, and this program knows form %d: install a newer version of the program", n, currentForm))
	}
	return nil
}

// CheckForm returns an [OldFormError] if the table is of the older form. It asks the site's item, or, where there is none and the
// credentials allow it, for something in the index. Operators' commands ask before they use a table.
func (t *Table) CheckForm(ctx context.Context) error {
	i, err := t.get(ctx, siteKey, current)
	if err != nil {
		return err
	}
	if i != nil {
		return t.checkForm(i)
	}
	_, err = t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, IndexName: aws.String(OldIndex), Limit: aws.Int32(1), KeyConditionExpression: aws.String("PK = :pk"),
		ProjectionExpression: aws.String(sortKey), ExpressionAttributeValues: item{":pk": text(surveysKey)},
	})
	var failed smithy.APIError
	switch {
	case err == nil:
		return &OldFormError{t.name}
	case errors.As(err, &failed) && (failed.ErrorCode() == "ValidationException" || failed.ErrorCode() == "AccessDeniedException"):
		return nil // there is no such index, or nobody has the right to it
	}
	return t.wrap(err)
}

// siteIf returns a put of the site's item, unless the one that is there is of the older form.
func (t *Table) siteIf(i item) *dynamodb.PutItemInput {
	i[form] = number(currentForm)
	return &dynamodb.PutItemInput{
		TableName: &t.name, Item: i, ConditionExpression: aws.String("attribute_not_exists(" + partKey + ") OR attribute_exists(#form)"),
		ExpressionAttributeNames: map[string]string{"#form": form},
	}
}
