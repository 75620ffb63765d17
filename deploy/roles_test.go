package deploy_test

import (
	"context"
	"crypto/rand"
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
	"glasspoll/internal/archive"
	"glasspoll/internal/blind"
	"glasspoll/internal/cloud"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/invitation"
	"glasspoll/internal/news"
	"glasspoll/internal/notify"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

// access is one action on an item: the prefix of its partition key, as in "I#", and the action. Of the table of invitations, the
// key begins with its mark: "invitations/V#". Of reading and putting some kinds, the names of the attributes are told too, in order; ""
// stands for all that there may be.
type access struct{ key, action, attributes string }

// covers reports whether what is allowed comprises what is used.
func (a access) covers(used access) bool {
	if a.key != used.key || a.action != used.action || a.attributes == "" || a.attributes == used.attributes {
		return a.key == used.key && a.action == used.action
	}
	allowed := strings.Split(a.attributes, ",")
	return used.attributes != "" && !slices.ContainsFunc(strings.Split(used.attributes, ","), func(name string) bool { return !slices.Contains(allowed, name) })
}

// hasAnswers reports whether the attributes may be those of answers.
func (a access) hasAnswers() bool {
	return a.attributes == "" || slices.ContainsFunc(strings.Split(a.attributes, ","), func(name string) bool { return !slices.Contains(ofPlace, name) })
}

// byAttributes are the kinds of items whose attributes are told apart: ids, and what corrections say.
var byAttributes = []string{"I#", "E#"}

// ofPlace are the attributes of these that say where a response is, or that it is gone, and how often it was corrected.
var ofPlace = []string{"PK", "SK", "period", "at", "withdrawn", "expires", "corrects"}

// attributesOf returns the names of the attributes that a call names, as an access has them.
func attributesOf(projection *string, names map[string]string) string {
	if projection == nil {
		return ""
	}
	var all []string
	for name := range strings.SplitSeq(*projection, ", ") {
		if real, ok := names[name]; ok {
			name = real
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

const (
	ofTable       = "polls"
	ofInvitations = "polls-invitations"
	mark          = "invitations/"
)

// actor is somebody who uses the tables, with what they have accessed.
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
				a.usesOf(attributesOf(in.ProjectionExpression, in.ExpressionAttributeNames), in.TableName, "GetItem", in.Key)
				out.Result, err = c.GetItem(ctx, in)
			case *dynamodb.QueryInput:
				a.uses(in.TableName, "Query", cloudtest.Item{"PK": in.ExpressionAttributeValues[":pk"]})
				out.Result, err = c.Query(ctx, in)
			case *dynamodb.PutItemInput:
				a.puts(in.TableName, in.Item)
				a.asksForOld("PutItem", string(in.ReturnValues)+string(in.ReturnValuesOnConditionCheckFailure))
				out.Result, err = c.PutItem(ctx, in)
			case *dynamodb.UpdateItemInput:
				a.uses(in.TableName, "UpdateItem", in.Key)
				if returned := string(in.ReturnValues); returned != "ALL_NEW" || kindOf(in.Key["PK"].(*types.AttributeValueMemberS).Value) != "B#" { // of which nothing is a secret
					a.asksForOld("UpdateItem", returned)
				}
				a.asksForOld("UpdateItem", string(in.ReturnValuesOnConditionCheckFailure))
				out.Result, err = c.UpdateItem(ctx, in)
			case *dynamodb.BatchGetItemInput:
				for table, of := range in.RequestItems {
					a.uses(&table, "BatchGetItem", of.Keys...)
				}
				out.Result, err = c.BatchGetItem(ctx, in)
			case *dynamodb.BatchWriteItemInput:
				for table, of := range in.RequestItems {
					for _, w := range of {
						a.uses(&table, "BatchWriteItem", w.DeleteRequest.Key) // nothing is put in batches
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
	a.Table = cloud.NewTable(client, ofTable, cloud.Options{Invitations: ofInvitations})
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

// puts is uses of an item that is put.
func (a *actor) puts(table *string, i cloudtest.Item) {
	a.usesOf(strings.Join(slices.Sorted(maps.Keys(i)), ","), table, "PutItem", i)
}

func (a *actor) uses(table *string, action string, items ...cloudtest.Item) {
	a.usesOf("", table, action, items...)
}

// usesOf is uses of some attributes, which are told apart for some kinds alone.
func (a *actor) usesOf(attributes string, table *string, action string, items ...cloudtest.Item) {
	a.mu.Lock()
	defer a.mu.Unlock()
	prefix := map[string]string{ofTable: "", ofInvitations: mark}
	for _, i := range items {
		if _, known := prefix[*table]; !known {
			a.used[access{"table " + *table, action, ""}] = true
			continue
		}
		pk, _ := i["PK"].(*types.AttributeValueMemberS)
		if pk == nil {
			a.used[access{"no key", action, ""}] = true
			continue
		}
		one := access{prefix[*table] + kindOf(pk.Value), action, attributes}
		if !slices.Contains(byAttributes, one.key) {
			one.attributes = ""
		}
		a.used[one] = true
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
			a.puts(i.Put.TableName, i.Put.Item)
			a.asksForOld("PutItem", string(i.Put.ReturnValuesOnConditionCheckFailure))
		case i.Update != nil:
			a.uses(i.Update.TableName, "UpdateItem", i.Update.Key)
			a.asksForOld("UpdateItem", string(i.Update.ReturnValuesOnConditionCheckFailure))
		case i.Delete != nil:
			a.uses(i.Delete.TableName, "DeleteItem", i.Delete.Key)
		case i.ConditionCheck != nil:
			a.uses(i.ConditionCheck.TableName, "ConditionCheckItem", i.ConditionCheck.Key)
			a.asksForOld("ConditionCheckItem", string(i.ConditionCheck.ReturnValuesOnConditionCheckFailure))
		}
	}
}

// samples has a partition key of each kind of item, of either table.
var samples = []string{
	"D#tea", "D#_site", "S", "I#tea#00000000-0000-4000-8000-000000000001", "Q#tea#2026-Q4#0007", "W#tea", "J#tea#2026-Q4#0000000001", "L#tea", "K#tea", "T#tea",
	"P#tea", "P#tea#2026-Q4", "E#tea#2026-Q4", "C#tea", "O#tea", "U", "R", "G", "X", "R#tea#2026-Q4#07", "N#tea", "V#0a", "E#tea#2026-Q4", "F#tea", "B#label", "Y",
}

var actions = []string{
	"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem",
	"PartiQLSelect", "PartiQLUpdate", "PartiQLDelete", "PartiQLInsert", "ExportTableToPointInTime",
}

// allowedBy returns what statements allow on the tables. It knows the conditions that the template uses for it.
func allowedBy(t *testing.T, statements any) map[access]bool {
	t.Helper()
	allowed := map[access]bool{}
	for _, s := range statements.([]any) {
		statement := s.(tree)
		if statement["Effect"] != "Allow" {
			continue
		}
		var tables []string
		for _, resource := range stringList(statement["Resource"]) {
			switch resource {
			case "!GetAtt SurveyTable.Arn":
				tables = append(tables, "")
			case "!GetAtt InvitationTable.Arn":
				tables = append(tables, mark)
			default:
				if strings.Contains(resource, "Table") && resource != "!GetAtt SurveyTable.StreamArn" {
					t.Errorf("%s is for a resource that this test does not know: %s", statement["Sid"], resource)
				}
			}
		}
		if len(tables) == 0 {
			continue
		}
		conditions := statement["Condition"].(tree)
		for operator := range conditions {
			if !slices.Contains([]string{"ForAllValues:StringLike", "ForAllValues:StringEquals", "Null", "StringEqualsIfExists"}, operator) {
				t.Errorf("%s has a condition that this test does not know: %s", statement["Sid"], operator)
			}
		}
		set, attributes := tree{"dynamodb:LeadingKeys": "false"}, ""
		if limited, ok := conditions["ForAllValues:StringEquals"]; ok {
			set["dynamodb:Attributes"] = "false" // else the condition holds for a call that names none
			names := stringList(lookUp(t, limited, "dynamodb:Attributes"))
			slices.Sort(names)
			attributes = strings.Join(names, ",")
		}
		checkValue(t, conditions, set, "Null")
		patterns := stringList(lookUp(t, conditions, "ForAllValues:StringLike", "dynamodb:LeadingKeys"))
		for _, action := range stringList(statement["Action"]) {
			for _, pk := range samples {
				for _, pattern := range patterns {
					if matches, err := path.Match(pattern, pk); err != nil {
						t.Fatal(err)
					} else if matches { // keys have no slash, so * stands for the same as with IAM
						for _, table := range tables {
							allowed[access{table + kindOf(pk), strings.TrimPrefix(action, "dynamodb:"), attributes}] = true
						}
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

// told counts the items that somebody was told of, after the first attempt has failed.
type told int

func (n *told) Send(_ context.Context, m news.Message) error {
	if *n == 0 {
		*n = 1
		return errors.New("away")
	}
	*n += told(len(m.Items))
	return nil
}

// withoutIDs checks what functions/publish checks.
type withoutIDs struct{ *cloud.Table }

func (t withoutIDs) CheckKeys(ctx context.Context, survey, period string) iter.Seq2[store.KeyProblem, error] {
	return t.CheckWithoutIDs(ctx, survey, period)
}

// deployment is a table with all who use it.
type deployment struct {
	*testing.T
	survey                                       *survey.Survey
	archive                                      *actor
	submit, publish, publisher, operator, member *actor // a member of staff follows up cases
	invite, inviter                              *actor // the function, and who makes invitations
	key                                          string // the id of one that signs
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
	d.must(d.publisher.MarkPublished(ctx))
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
	_, err = d.submit.DaySecret(ctx, time.Now())
	d.must(err)
	d.must(d.submit.PutOrigin(ctx, "tea", d.response(0).ID, "label"))
	for range 2 { // from now on, and further
		_, err = d.submit.Advance(ctx, "label", time.Now(), time.Minute)
		d.must(err)
	}
	other := d.response(1)
	other.Answers = []answer.Answer{{"taste", "1"}}
	if _, err := d.submit.Put(ctx, other); !errors.Is(err, store.ErrConflict) {
		d.Fatal(err)
	}
}

// personal returns the n-th invitation.
func (d *deployment) personal(n int) invitation.Invitation {
	var secret invitation.Secret
	secret[0] = byte(n)
	return invitation.Invitation{Hash: secret.Hash(), Survey: d.survey.ID, Batch: "all"}
}

// makeInvitations does what `glasspoll invite` does: it makes invitations, takes some back, and looks what has become of all.
func (d *deployment) makeInvitations() {
	ctx := d.Context()
	d.must(d.inviter.CheckForm(ctx))
	_, err := d.inviter.Surveys(ctx)
	d.must(err)
	_, err = d.inviter.Definition(ctx, "tea", "")
	d.must(err)
	all := []invitation.Invitation{d.personal(1), d.personal(2), d.personal(3), d.personal(5)}
	for _, want := range []int{len(all), 0} {
		if added, err := d.inviter.PutInvitations(ctx, all); err != nil || added != want {
			d.Fatal(added, err)
		}
	}
	if n, err := d.inviter.WithdrawInvitations(ctx, []invitation.Hash{all[1].Hash}); err != nil || n != 1 {
		d.Fatal(n, err)
	}
	counts, err := store.InvitationCounts(ctx, d.inviter, "tea")
	if err != nil || len(counts) != 1 {
		d.Fatal(counts, err)
	}
	d.must(d.inviter.Count(ctx, "tea", "sent"))
	d.must(d.inviter.Raise(ctx, "tea", map[string]int64{"made": 3}))
	key, err := blind.NewPrivate(rand.Reader)
	d.must(err)
	d.must(d.inviter.PutSigningKeys(ctx, "tea", []blind.Private{key}))
	d.key = key.ID()
	_, err = d.inviter.Counted(ctx, "tea")
	d.must(err)
}

// followLink does what functions/invite does.
func (d *deployment) followLink() {
	ctx := d.Context()
	d.must(d.invite.Ready(ctx))
	_, _, err := d.invite.Assets(ctx)
	d.must(err)
	_, err = d.invite.Definition(ctx, "tea", "")
	d.must(err)
	_, err = d.invite.Invitation(ctx, d.personal(1).Hash)
	d.must(err)
	d.must(d.invite.Count(ctx, "tea", "opened"))
	if first, err := d.invite.StopMessages(ctx, d.personal(3).Hash); err != nil || !first {
		d.Fatal(first, err)
	}
	_, err = d.invite.SigningKey(ctx, "tea", d.key)
	d.must(err)
	d.must(d.invite.RedeemBlinded(ctx, "tea", d.personal(5).Hash, invitation.Digest{1}))
	if err := d.invite.RedeemBlinded(ctx, "tea", d.personal(5).Hash, invitation.Digest{2}); !errors.Is(err, store.ErrRedeemed) {
		d.Fatal(err)
	}
}

// answerByInvitation does what functions/submit does with answers that come by invitation: the answers of one, which come twice,
// those of somebody else by the same, and those by one that was taken back; of the open half of a survey the answers of somebody
// without one.
func (d *deployment) answerByInvitation() {
	ctx := d.Context()
	_, err := d.submit.Invitation(ctx, d.personal(1).Hash)
	d.must(err)
	d.must(d.submit.Count(ctx, "tea", "started"))
	day := time.Now().Truncate(24 * time.Hour)
	for _, c := range []struct {
		n, invitation int
		identified    bool
		created       bool
		err           error
	}{
		{200, 1, false, true, nil}, {200, 1, false, false, nil}, {201, 1, false, false, store.ErrRedeemed},
		{202, 2, false, false, store.ErrInvitationWithdrawn}, {203, 3, true, true, nil}, {204, 4, true, false, store.ErrNotInvited},
	} {
		r := store.Redemption{Response: d.response(c.n), Hash: d.personal(c.invitation).Hash, Identified: c.identified}
		if !c.identified {
			r.Day = day
		}
		if created, err := d.submit.Redeem(ctx, r); created != c.created || !errors.Is(err, c.err) {
			d.Fatalf("%+v: %t, %v", c, created, err)
		}
	}
	if created, err := d.submit.PutOn(ctx, day, d.response(205)); err != nil || !created {
		d.Fatal(created, err)
	}
}

// submitted is how many answers are stored before the results are published.
const submitted = 20 + 3

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
	d.lookAround(ctx, table, s)
	publisher := publish.New(publish.Options{
		Collector: table, Turns: table, Withdrawals: table, Progress: table, Reviews: table, Log: table, Definitions: table, Tallies: table, Releases: table, Pages: noPages{}, Renderer: noPages{}, Now: time.Now,
		Sidecars: table, Counts: table, Cases: table, Notify: true,
	})
	out, err := publisher.Publish(ctx, s, d.response(0).Period)
	if err != nil || out.Folded != submitted || len(out.Released) == 0 || out.Opened != submitted {
		d.Fatalf("%+v, %v", out, err)
	}
	d.tell(ctx, table)
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
	d.takeBack(func() error { _, err := publisher.Publish(ctx, s); return err })
	d.takeTurns(table)
}

// takeTurns does what publishers do that meet, and one that is killed.
func (d *deployment) takeTurns(table *cloud.Table) {
	ctx := d.Context()
	turn, _, err := table.BeginTurn(ctx, "tea", store.Work{Names: []string{store.Everything}})
	d.must(err)
	_, _, err = table.BeginTurn(ctx, "tea", store.Work{Names: []string{"2026-Q4"}})
	d.must(err)
	_, err = table.RenewTurn(ctx, turn)
	d.must(err)
	d.must(table.LeaveTurn(ctx, turn))
	if left, err := table.Unfinished(ctx); err != nil || len(left) != 1 {
		d.Fatal(left, err)
	}
	turn, _, err = table.ResumeTurn(ctx, "tea")
	d.must(err)
	if again, err := table.EndTurn(ctx, turn); again || err != nil {
		d.Fatal(again, err)
	}
}

// lookAround does what a round of functions/publish does before and after it looks at a survey.
func (d *deployment) lookAround(ctx context.Context, table *cloud.Table, s *survey.Survey) {
	_, err := table.Published(ctx)
	d.must(err)
	_, err = table.Looks(ctx)
	d.must(err)
	if versions, err := table.InForce(ctx, []string{"tea"}); err != nil || versions["tea"] != s.Version {
		d.Fatal(versions, err)
	}
	if waits, err := table.Waits(ctx, s); err != nil || !waits {
		d.Fatal(waits, err)
	}
	d.must(table.LookAgain(ctx, "tea"))
	d.must(table.SaveForms(ctx, "tea", cloud.Forms{}))
	look, err := table.Look(ctx, "tea")
	d.must(err)
	d.must(table.SaveLook(ctx, "tea", &look, false))
}

// takeBack does what functions/submit does with answers that are taken back, of which one is not known; that publishing carries it out;
// and what the former does afterwards.
func (d *deployment) takeBack(publish func() error) {
	ctx := d.Context()
	d.correct(5)
	if done, err := d.submit.Withdraw(ctx, "tea", d.response(5).ID); err != nil || done.Erased {
		d.Fatal(done, err)
	}
	if _, err := d.submit.Withdraw(ctx, "tea", d.response(999).ID); !errors.Is(err, store.ErrNoResponse) {
		d.Fatal(err)
	}
	d.must(publish())
	if done, err := d.submit.Withdraw(ctx, "tea", d.response(5).ID); err != nil || !done.Erased {
		d.Fatal(done, err)
	}
}

// correct does what `glasspoll results correct` does.
func (d *deployment) correct(n int) {
	ctx, table, r := d.Context(), d.operator.Table, d.response(n)
	counted, revision, err := table.Tally(ctx, "tea", r.Period)
	d.must(err)
	correction := &review.Correction{Reason: "misread", Answers: []answer.Answer{{"taste"}}, Private: []answer.Answer{{"mail", "new@example.org"}}}
	number := counted.Decided + 1
	counted.Decided = number
	d.must(table.Decide(ctx, "tea", r.Period, review.Decisions{Number: number, At: time.Now(), IDs: []string{r.ID}, Correction: correction}, counted, revision))
	if private, err := table.PrivateCorrections(ctx, "tea", r.ID); err != nil || len(private) != 1 {
		d.Fatal(private, err)
	}
}

// collected is what functions/archive reads.
type collected struct{ *cloud.Table }

func (collected) Collect(context.Context, string, ...string) error { return nil }

// shelf keeps no archive.
type shelf struct{}

func (shelf) State(context.Context, string) (string, error) { return "", nil }

func (shelf) Put(_ context.Context, _, _ string, write func(io.Writer) error) error {
	return write(io.Discard)
}

// archiveAll does what functions/archive does.
func (d *deployment) archiveAll() {
	ctx := d.Context()
	table := d.archive.Table
	d.must(table.Ready(ctx))
	_, err := table.Surveys(ctx)
	d.must(err)
	s, err := table.Definition(ctx, "tea", "")
	d.must(err)
	written := 0
	closing := &archive.Closing{
		Records: collected{table}, Shelf: shelf{}, Now: func() time.Time { return time.Now().AddDate(2, 0, 0) }, // every period is over then
		Publish: func(context.Context, *survey.Survey, string) error { return nil },
		Options: func(ctx context.Context, s *survey.Survey) (archive.Options, error) {
			actions, err := table.Actions(ctx, s.ID)
			return archive.Options{Actions: actions}, err
		},
		Written: func(_ *survey.Survey, m *archive.Manifest, _ string, _ bool) {
			written += int(m.Responses + m.Withdrawn)
		},
	}
	if err := closing.Survey(ctx, s); err != nil || written != submitted {
		d.Fatalf("%d responses, %v", written, err)
	}
}

// tell does what functions/publish does with news.
func (d *deployment) tell(ctx context.Context, table *cloud.Table) {
	definition := func(ctx context.Context, id string) (*survey.Survey, error) { return table.Definition(ctx, id, "") }
	all := func(news.Item) bool { return true }
	clock := time.Now()
	now := func() time.Time { return clock }
	announcer := &notify.Announcer{Sources: table, Survey: definition, Wanted: all, Now: now}
	d.must(announcer.Announce(ctx, []string{"tea"}))
	var sent told
	deliverer := notify.NewDeliverer(notify.Options{Ports: table, Receivers: []notify.Receiver{{Name: "events", Wants: all, Sender: &sent, Program: true}}, Survey: definition, Now: now})
	for range 2 { // the first attempt fails
		turn, _, err := table.BeginTurn(ctx, "_news", store.Work{Names: []string{"tea", news.NoSurvey}})
		d.must(err)
		_, err = deliverer.Deliver(ctx, turn.Names...)
		d.must(err)
		_, err = table.EndTurn(ctx, turn)
		d.must(err)
		clock = clock.Add(time.Hour)
	}
	if sent < 1+submitted {
		d.Fatal(sent)
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
	d.correct(3)
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
	waiting, err := table.News(ctx, "tea")
	d.must(err)
	for _, i := range waiting {
		d.must(table.SaveNews(ctx, i))
	}
	if origins, err := table.Origins(ctx, "tea"); err != nil || len(origins) != 1 {
		d.Fatal(origins, err)
	}
	for _, err := range table.InvitationsOf(ctx, "tea") {
		d.must(err)
	}
	counted, revision, err := table.Tally(ctx, "tea", r.Period)
	d.must(err)
	d.must(table.Decide(ctx, "tea", r.Period, review.Decisions{Number: counted.Decided + 1, At: time.Now(), IDs: []string{r.ID}}, counted, revision))
	for _, err := range table.Decisions(ctx, "tea", r.Period) {
		d.must(err)
	}
	_, err = table.Counted(ctx, "tea")
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
	if _, err := d.member.Definition(ctx, "tea", ""); err != nil {
		d.Fatal(err)
	}
	d.must(d.member.SaveCase(ctx, all[0], news.OfOverdue(all[0], all[0].Opened)))
}

// TestRolesAreAsWideAsNeeded lets everybody do their work, as the functions and the commands do it, and compares what they
// have accessed with what the template allows them: each access is allowed, and to the two functions nothing else is.
func TestRolesAreAsWideAsNeeded(t *testing.T) {
	s, problems := questionnaire.Parse("tea.yaml", []byte(roleSurvey))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.Access = survey.BothAccess
	server := cloudtest.New(cloudtest.Options{Second: ofInvitations})
	d := &deployment{
		T: t, survey: s, submit: newActor(server), publish: newActor(server), publisher: newActor(server), operator: newActor(server), member: newActor(server),
		invite: newActor(server), inviter: newActor(server), archive: newActor(server),
	}
	d.publishSite()
	d.submitAll()
	d.makeInvitations()
	d.followLink()
	d.answerByInvitation()
	d.publishResults()
	d.archiveAll()
	d.operate()
	if _, err := d.submit.Put(t.Context(), d.response(3)); !errors.Is(err, store.ErrWithdrawn) {
		t.Errorf("an erased response sent again: %v", err)
	}
	d.followUp()

	resources := lookUp(t, template(t), "Resources").(tree)
	all := slices.Concat(answers, []string{"I#"})
	unread := slices.Concat(all, []string{"X"}) // the form handler alone reads the secret
	invitations := []string{mark + "V#", mark + "N#", mark + "K#"}
	all, unread = append(all, mark+"K#"), append(unread, mark+"K#") // one role alone signs
	for _, c := range []struct {
		name   string
		actor  *actor
		path   []string
		exact  bool
		unread []string // kinds of items that must not be read
		closed []string // kinds that must not be written either
	}{
		{"SubmitRole", d.submit, []string{"Policies", "0", "PolicyDocument"}, true, all, []string{"D#", "S", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U", "R", "X", "E#"}},
		{"InviteRole", d.invite, []string{"Policies", "0", "PolicyDocument"}, true, slices.DeleteFunc(slices.Clone(unread), func(kind string) bool { return kind == mark+"K#" }), []string{"D#", "S", "I#", "Q#", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U", "R", "X", mark + "K#"}},
		{"PublishRole", d.publish, []string{"Policies", "0", "PolicyDocument"}, true, []string{"I#", "R#", "X", mark + "V#", mark + "K#"}, slices.Concat([]string{"D#", "S", "I#", "X", "E#"}, invitations)},
		{"ArchiveRole", d.archive, []string{"Policies", "0", "PolicyDocument"}, true, []string{"I#", "Q#", "R#", "X", mark + "K#"}, slices.Concat([]string{"D#", "S", "I#", "Q#", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U", "R", "X", "E#"}, invitations)},
		{"PublisherPolicy", d.publisher, []string{"PolicyDocument"}, false, slices.Concat(unread, invitations), slices.Concat([]string{"I#", "Q#", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U", "R"}, invitations)},
		{"CasesPolicy", d.member, []string{"PolicyDocument"}, false, slices.Concat(unread, invitations), slices.Concat([]string{"D#", "S", "I#", "Q#", "J#", "L#", "K#", "T#", "P#", "G", "U", "R", "X"}, invitations)},
		{"InviterPolicy", d.inviter, []string{"PolicyDocument"}, false, unread, []string{"D#", "S", "I#", "Q#", "J#", "L#", "K#", "T#", "P#", "C#", "O#", "G", "U", "R", "X"}},
		{"OperatorPolicy", d.operator, []string{"PolicyDocument"}, false, []string{"R#", "X", mark + "K#"}, slices.Concat([]string{"D#", "S", "U", "R", "G", "X"}, invitations)},
	} {
		statements := lookUp(t, resources, append([]string{c.name, "Properties"}, append(c.path, "Statement")...)...)
		allowed := allowedBy(t, statements)
		for one := range allowedBy(t, onOneTable(statements)) { // the same rights to the other table are none to this one
			if strings.HasPrefix(one.key, mark) {
				t.Errorf("%s: %s of %s is told from no other table", c.name, one.action, one.key)
			}
		}
		for _, used := range sorted(c.actor.used) {
			if !slices.ContainsFunc(sorted(allowed), func(one access) bool { return one.covers(used) }) {
				t.Errorf("%s does not allow %s of %s", c.name, used.action, used.key)
			}
		}
		for _, one := range sorted(allowed) {
			reads := slices.Contains([]string{"GetItem", "BatchGetItem", "Query", "Scan"}, one.action)
			switch {
			case !slices.Contains(actions, one.action):
				t.Errorf("%s allows %s of %s, an action that this test does not know", c.name, one.action, one.key)
			case c.exact && !slices.ContainsFunc(sorted(c.actor.used), one.covers):
				t.Errorf("%s allows %s of %s, which is never called", c.name, one.action, one.key)
			case slices.Contains(byAttributes, one.key) && !one.hasAnswers():
			case reads && slices.Contains(c.unread, one.key), !reads && slices.Contains(c.closed, one.key):
				t.Errorf("%s allows %s of %s", c.name, one.action, one.key)
			}
		}
		if len(c.actor.old) > 0 {
			t.Errorf("%s: calls ask for what was there: %v", c.name, c.actor.old)
		}
	}
}

// onOneTable returns statements with the rights to the table of invitations as rights to the other one.
func onOneTable(statements any) any {
	var moved []any
	for _, s := range statements.([]any) {
		changed := maps.Clone(s.(tree))
		var resources []any
		for _, resource := range stringList(changed["Resource"]) {
			resources = append(resources, strings.ReplaceAll(resource, "InvitationTable", "SurveyTable"))
		}
		changed["Resource"] = resources
		moved = append(moved, changed)
	}
	return moved
}

// answers are the kinds of items with answers.
var answers = []string{"Q#", "J#", "R#"}

func sorted(all map[access]bool) []access {
	return slices.SortedFunc(maps.Keys(all), func(a, b access) int {
		return strings.Compare(a.action+a.key+a.attributes, b.action+b.key+b.attributes)
	})
}
