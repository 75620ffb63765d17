package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/cloud"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/notify"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

// access is one action on an item: the prefix of its partition key, as in "I#", and the action.
type access struct{ key, action string }

// actor is somebody who uses the table, with what they have accessed.
type actor struct {
	*cloud.Table

	mu   sync.Mutex
	used map[access]bool
	old  []string // calls that ask for what was there before
}

// newActor returns an actor whose calls go to a table in memory, by way of the SDK's client.
func newActor(server *cloudtest.Server) *actor {
	a := &actor{used: map[access]bool{}}
	c := server.Client(cloudtest.Hooks{})
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
		s.Initialize.Clear()
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("TableInMemory", func(
			ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler,
		) (out middleware.InitializeOutput, _ middleware.Metadata, err error) {
			switch in := in.Parameters.(type) {
			case *dynamodb.GetItemInput:
				a.uses("GetItem", in.Key)
				out.Result, err = c.GetItem(ctx, in)
			case *dynamodb.QueryInput:
				a.uses("Query", cloudtest.Item{"PK": in.ExpressionAttributeValues[":pk"]})
				out.Result, err = c.Query(ctx, in)
			case *dynamodb.PutItemInput:
				a.uses("PutItem", in.Item)
				a.asksForOld("PutItem", string(in.ReturnValues)+string(in.ReturnValuesOnConditionCheckFailure))
				out.Result, err = c.PutItem(ctx, in)
			case *dynamodb.UpdateItemInput:
				a.uses("UpdateItem", in.Key)
				out.Result, err = c.UpdateItem(ctx, in)
			case *dynamodb.BatchGetItemInput:
				for _, of := range in.RequestItems {
					a.uses("BatchGetItem", of.Keys...)
				}
				out.Result, err = c.BatchGetItem(ctx, in)
			case *dynamodb.BatchWriteItemInput:
				for _, of := range in.RequestItems {
					for _, w := range of {
						a.uses("BatchWriteItem", w.DeleteRequest.Key) // nothing is put in batches
					}
				}
				out.Result, err = c.BatchWriteItem(ctx, in)
			case *dynamodb.TransactWriteItemsInput:
				a.transacts(in)
				out.Result, err = c.TransactWriteItems(ctx, in)
			default:
				err = fmt.Errorf("%T is none of the calls that package cloud makes", in)
			}
			return out, middleware.Metadata{}, err
		}), middleware.Before)
	}}})
	a.Table = cloud.NewTable(client, "polls", cloud.Options{})
	return a
}

// kindOf returns the prefix of a partition key, with the #.
func kindOf(pk string) string {
	kind, _, more := strings.Cut(pk, "#")
	if more {
		kind += "#"
	}
	return kind
}

func (a *actor) uses(action string, items ...cloudtest.Item) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range items {
		pk, _ := i["PK"].(*types.AttributeValueMemberS)
		if pk == nil {
			a.used[access{"no key", action}] = true
			continue
		}
		a.used[access{kindOf(pk.Value), action}] = true
	}
}

func (a *actor) asksForOld(action, values string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if values != "" && values != "NONE" {
		a.old = append(a.old, action+" "+values)
	}
}

func (a *actor) transacts(in *dynamodb.TransactWriteItemsInput) {
	for _, i := range in.TransactItems {
		switch {
		case i.Put != nil:
			a.uses("PutItem", i.Put.Item)
			a.asksForOld("PutItem", string(i.Put.ReturnValuesOnConditionCheckFailure))
		case i.Update != nil:
			a.uses("UpdateItem", i.Update.Key)
		case i.Delete != nil:
			a.uses("DeleteItem", i.Delete.Key)
		case i.ConditionCheck != nil:
			a.uses("ConditionCheckItem", i.ConditionCheck.Key)
			a.asksForOld("ConditionCheckItem", string(i.ConditionCheck.ReturnValuesOnConditionCheckFailure))
		}
	}
}

// samples has a partition key of each kind of item.
var samples = []string{
	"D#tea", "D#_site", "S", "I#tea#00000000-0000-4000-8000-000000000001", "Q#tea#2026-Q4#0007", "J#tea#2026-Q4#0000000001", "L#tea", "K#tea", "T#tea",
	"P#tea", "P#tea#2026-Q4", "C#tea", "O#tea", "U#tea", "G", "X", "R#tea#2026-Q4#07", "N#tea",
}

var actions = []string{
	"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem",
	"PartiQLSelect", "PartiQLUpdate", "PartiQLDelete", "PartiQLInsert", "ExportTableToPointInTime",
}

// allowedBy returns what statements allow on the table. It knows the conditions that the template uses for it.
func allowedBy(t *testing.T, statements any) map[access]bool {
	t.Helper()
	allowed := map[access]bool{}
	for _, s := range statements.([]any) {
		statement := s.(tree)
		if !slices.Contains(stringList(statement["Resource"]), "!GetAtt SurveyTable.Arn") || statement["Effect"] != "Allow" {
			continue
		}
		conditions := statement["Condition"].(tree)
		for operator := range conditions {
			if !slices.Contains([]string{"ForAllValues:StringLike", "Null", "StringEqualsIfExists"}, operator) {
				t.Errorf("%s has a condition that this test does not know: %s", statement["Sid"], operator)
			}
		}
		checkValue(t, conditions, tree{"dynamodb:LeadingKeys": "false"}, "Null")
		patterns := stringList(lookUp(t, conditions, "ForAllValues:StringLike", "dynamodb:LeadingKeys"))
		for _, action := range stringList(statement["Action"]) {
			for _, pk := range samples {
				for _, pattern := range patterns {
					if matches, err := path.Match(pattern, pk); err != nil {
						t.Fatal(err)
					} else if matches { // keys have no slash, so * stands for the same as with IAM
						allowed[access{kindOf(pk), strings.TrimPrefix(action, "dynamodb:")}] = true
					}
				}
			}
		}
	}
	return allowed
}

const roleSurvey = `
title: Tea
languages: [en]
period: quarter
timezone: UTC
audience: {population: 10000000}
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: number, label: Taste}
      - {id: mail, type: short_text, label: Mail, private: true}
alerts:
  - {when: taste >= 0, open: complaint, owner: service_desk, due_days: 5}
`

// noPages discards pages.
type noPages struct{}

func (noPages) Page(context.Context, string) (string, int, error) { return "", 0, nil }
func (noPages) Replace(context.Context, string, string, int, []byte) (string, error) {
	return "1", nil
}
func (noPages) HTML(io.Writer, results.Page) error { return nil }
func (noPages) JSON(io.Writer, results.Page) error { return nil }
func (noPages) CSV(io.Writer, results.Page) error  { return nil }

// told counts the cases that somebody was told of.
type told int

func (n *told) Send(context.Context, *cases.Case) error { *n++; return nil }

// withoutIDs checks what functions/publish checks.
type withoutIDs struct{ *cloud.Table }

func (t withoutIDs) CheckKeys(ctx context.Context, survey, period string) iter.Seq2[store.KeyProblem, error] {
	return t.CheckWithoutIDs(ctx, survey, period)
}

// deployment is a table with all who use it.
type deployment struct {
	*testing.T
	survey                                       *survey.Survey
	submit, publish, publisher, operator, member *actor // a member of staff follows up cases
}

func (d *deployment) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// response returns the n-th response, of now.
func (d *deployment) response(n int) answer.Response {
	return answer.Response{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Survey: d.survey.ID, Version: d.survey.Version, Period: d.survey.PeriodAt(time.Now()), Language: "en",
		Answers: []answer.Answer{{"taste", "5"}}, Private: []answer.Answer{{"mail", "li@example.com"}},
	}
}

// publishSite does what `glasspoll publish` does.
func (d *deployment) publishSite() {
	ctx := d.Context()
	d.must(d.publisher.CheckForm(ctx))
	_, err := d.publisher.Surveys(ctx)
	d.must(err)
	if _, err := d.publisher.Definition(ctx, "tea", ""); !errors.Is(err, store.ErrUnknown) {
		d.Fatal(err)
	}
	d.must(d.publisher.MakeSecret(ctx))
	d.must(d.publisher.PutAssets(ctx, render.Assets{}))
	d.must(d.publisher.PutDefinition(ctx, d.survey))
	d.must(d.publisher.PutActions(ctx, "tea", survey.Actions{}))
	_, err = d.publisher.Homes(ctx)
	d.must(err)
	d.must(d.publisher.PutHomes(ctx, render.Homes{}))
}

// submitAll does what functions/submit does: the answers arrive, one of them twice, and another one under a taken id.
func (d *deployment) submitAll() {
	ctx := d.Context()
	d.must(d.submit.Ready(ctx))
	_, _, err := d.submit.Assets(ctx)
	d.must(err)
	_, err = d.submit.Definition(ctx, "tea", "")
	d.must(err)
	_, err = d.submit.Secret(ctx)
	d.must(err)
	for n := range 20 {
		created, err := d.submit.Put(ctx, d.response(n), d.response(n+100).ID)
		if err != nil || !created {
			d.Fatal(created, err)
		}
	}
	if created, err := d.submit.Put(ctx, d.response(0)); err != nil || created {
		d.Fatal(created, err)
	}
	if taken, err := d.submit.Taken(ctx, "tea", d.response(100).ID); err != nil || taken {
		d.Fatal(taken, err)
	}
	other := d.response(1)
	other.Answers = []answer.Answer{{"taste", "1"}}
	if _, err := d.submit.Put(ctx, other); !errors.Is(err, store.ErrConflict) {
		d.Fatal(err)
	}
}

// publishResults does what functions/publish does.
func (d *deployment) publishResults() {
	ctx := d.Context()
	table := d.publish.Table
	d.must(table.Ready(ctx))
	_, err := table.Surveys(ctx)
	d.must(err)
	_, _, err = table.Assets(ctx)
	d.must(err)
	_, err = table.Homes(ctx)
	d.must(err)
	s, err := table.Definition(ctx, "tea", "")
	d.must(err)
	publisher := publish.New(publish.Options{
		Collector: table, Turns: table, Progress: table, Log: table, Definitions: table, Tallies: table, Releases: table, Pages: noPages{}, Renderer: noPages{}, Now: time.Now,
		Sidecars: table, Cases: table, Notify: true,
	})
	out, err := publisher.Publish(ctx, s, d.response(0).Period)
	if err != nil || out.Folded != 20 || len(out.Released) == 0 || out.Opened != 20 {
		d.Fatalf("%+v, %v", out, err)
	}
	var sent told
	if n, err := notify.Deliver(ctx, table, &sent, "tea"); err != nil || n != 20 || sent != 20 {
		d.Fatal(n, sent, err)
	}
	schedule := &verify.Schedule{Records: withoutIDs{table}, Progress: table, Now: time.Now, Skipped: func(survey, period string) { d.Error(survey, period) },
		Changed: func(v *verify.Result) { d.Errorf("differs: %+v", v.Findings) }}
	at, complete, err := schedule.Run(ctx)
	if err != nil || !complete || len(at.Failed) > 0 {
		d.Fatal(at, complete, err)
	}
	out, err = publisher.Publish(ctx, s)
	if err != nil || out.Folded != 0 {
		d.Fatal(out, err)
	}
}

// operate does what `glasspoll results` does: it reads everything, erases, verifies and repairs.
func (d *deployment) operate() {
	ctx := d.Context()
	table, r := d.operator.Table, d.response(3)
	d.must(table.CheckForm(ctx))
	_, err := d.submit.Put(ctx, d.response(50)) // waits to be collected
	d.must(err)
	_, err = table.Surveys(ctx)
	d.must(err)
	d.must(table.Collect(ctx, "tea", r.Period))
	if private, err := table.Private(ctx, "tea", r.Period, r.ID); err != nil || len(private) != 1 {
		d.Fatal(private, err)
	}
	if found, err := table.Find(ctx, r.ID); err != nil || len(found) != 1 {
		d.Fatal(found, err)
	}
	if erased, err := table.Erase(ctx, "tea", r.ID, nil); err != nil || !erased {
		d.Fatal(erased, err)
	}
	_, err = verify.Period(ctx, table, d.survey, r.Period)
	d.must(err)
	_, err = table.MendKeys(ctx, "tea", r.Period)
	d.must(err)
	_, err = table.MendRelease(ctx, "tea", r.Period)
	d.must(err)
	_, err = table.CasesOf(ctx, "tea")
	d.must(err)
}

// followUp does what `glasspoll cases` does.
func (d *deployment) followUp() {
	ctx := d.Context()
	d.must(d.member.CheckForm(ctx))
	_, err := d.member.Surveys(ctx)
	d.must(err)
	all, err := d.member.CasesOf(ctx, "tea")
	if err != nil || len(all) == 0 {
		d.Fatal(len(all), err)
	}
	all[0].Owner = "li"
	d.must(d.member.SaveCase(ctx, all[0]))
}

// TestRolesAreAsWideAsNeeded lets everybody do their work, as the functions and the commands do it, and compares what they
// have accessed with what the template allows them: each access is allowed, and to the two functions nothing else is.
func TestRolesAreAsWideAsNeeded(t *testing.T) {
	s, problems := questionnaire.Parse("tea.yaml", []byte(roleSurvey))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	server := cloudtest.New(cloudtest.Options{})
	d := &deployment{T: t, survey: s, submit: newActor(server), publish: newActor(server), publisher: newActor(server), operator: newActor(server), member: newActor(server)}
	d.publishSite()
	d.submitAll()
	d.publishResults()
	d.operate()
	if _, err := d.submit.Put(t.Context(), d.response(3)); !errors.Is(err, store.ErrWithdrawn) {
		t.Errorf("an erased response sent again: %v", err)
	}
	d.followUp()

	resources := lookUp(t, template(t), "Resources").(tree)
	all := slices.Concat(answers, []string{"I#"})
	unread := slices.Concat(all, []string{"X"}) // the form handler alone reads the secret
	for _, c := range []struct {
		name   string
		actor  *actor
		path   []string
		exact  bool
		unread []string // kinds of items that must not be read
		closed []string // kinds that must not be written either
	}{
		{"SubmitRole", d.submit, []string{"Policies", "0", "PolicyDocument"}, true, all, []string{"D#", "S", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U#", "X"}},
		{"PublishRole", d.publish, []string{"Policies", "0", "PolicyDocument"}, true, []string{"I#", "R#", "X"}, []string{"D#", "S", "I#", "X"}},
		{"PublisherPolicy", d.publisher, []string{"PolicyDocument"}, false, unread, []string{"I#", "Q#", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U#"}},
		{"CasesPolicy", d.member, []string{"PolicyDocument"}, false, unread, []string{"D#", "S", "I#", "Q#", "J#", "L#", "K#", "T#", "P#", "O#", "G", "U#", "X"}},
		{"OperatorPolicy", d.operator, []string{"PolicyDocument"}, false, []string{"R#", "X"}, []string{"D#", "S", "O#", "U#", "G", "X"}},
	} {
		allowed := allowedBy(t, lookUp(t, resources, append([]string{c.name, "Properties"}, append(c.path, "Statement")...)...))
		for _, used := range sorted(c.actor.used) {
			if !allowed[used] {
				t.Errorf("%s does not allow %s of %s", c.name, used.action, used.key)
			}
		}
		for _, one := range sorted(allowed) {
			reads := slices.Contains([]string{"GetItem", "BatchGetItem", "Query", "Scan"}, one.action)
			switch {
			case !slices.Contains(actions, one.action):
				t.Errorf("%s allows %s of %s, an action that this test does not know", c.name, one.action, one.key)
			case c.exact && !c.actor.used[one]:
				t.Errorf("%s allows %s of %s, which is never called", c.name, one.action, one.key)
			case reads && slices.Contains(c.unread, one.key), !reads && slices.Contains(c.closed, one.key):
				t.Errorf("%s allows %s of %s", c.name, one.action, one.key)
			}
		}
		if len(c.actor.old) > 0 {
			t.Errorf("%s: calls ask for what was there: %v", c.name, c.actor.old)
		}
	}
}

// answers are the kinds of items with answers.
var answers = []string{"Q#", "J#", "R#"}

func sorted(all map[access]bool) []access {
	return slices.SortedFunc(maps.Keys(all), func(a, b access) int { return strings.Compare(a.action+a.key, b.action+b.key) })
}
