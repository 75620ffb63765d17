package cloud

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/probe"
)

// The probes of each role of deploy/template.yaml, by its statements, and of what no statement may allow: a test compares them.

// withAnswers are the kinds of items that have answers, or values of them.
var withAnswers = []string{"I#", "Q#", "J#", "C#"}

// Submit tries out the role of functions/submit: it stores answers, and reads none.
func (p *Prober) Submit(ctx context.Context) []probe.Probe {
	const stores, marks = "StoreResponses", "MarkInvitationsAndCount"
	checks := allowed("CompareIDsThatAreTaken", "dynamodb:ConditionCheckItem", partOf("I#")).named(probe.CheckInTransaction)
	returned := denied("dynamodb:ConditionCheckItem", partOf("I#")).by(p.transaction(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &p.name, Key: keyOf("I#"), ConditionExpression: aws.String(never), ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}))
	returned.Undocumented = true
	compared := denied("dynamodb:ConditionCheckItem", partOf("Q#")).by(p.inTransaction("ConditionCheckItem", "Q#", false))
	compared.Undocumented = true // see probe.CheckInTransaction
	return run(ctx, slices.Concat(
		p.allowInTransaction(stores, "PutItem", false, "I#", "Q#", "W#"),
		p.allow(stores, "PutItem", false, "F#"),
		[]attempt{checks.by(p.inTransaction("ConditionCheckItem", "I#", false))},
		p.allow("ReadDefinitionsNumbersOfShardsAndTheSecret", "GetItem", false, "D#", "K#", "X"),
		p.allow("CountFastRanges", "UpdateItem", false, "B#"),
		p.allow("ReadInvitations", "GetItem", true, "V#", "Y"),
		p.allow("MakeTheSecretOfADay", "PutItem", true, "Y"),
		p.allowInTransaction(marks, "UpdateItem", true, "V#"),
		p.allow(marks, "UpdateItem", true, "N#"),
		p.logs(),
		p.deny("GetItem", false, withAnswers...), p.deny("Query", false, withAnswers...), p.deny("BatchGetItem", false, "I#", "J#"),
		p.deny("PutItem", false, "D#", "J#", "L#", "T#", "P#", "C#", "X"), p.deny("UpdateItem", false, "I#", "L#"), p.deny("DeleteItem", false, "I#", "Q#"),
		p.deny("GetItem", true, "K#"), p.deny("Query", true, "V#"), p.deny("PutItem", true, "V#"), p.deny("UpdateItem", true, "K#", "Y"),
		p.denyOld("PutItem", false, "I#", "Q#"), p.denyOld("PutItem", true, "Y"), p.denyOld("UpdateItem", true, "V#"), []attempt{returned.named(returned.Name + gettingOld), compared},
	))
}

// gettingOld ends the name of an attempt that asks for what was there before.
const gettingOld = " and get what was there"

// denyOld returns attempts to write items and get what was there, which nothing may allow.
func (p *Prober) denyOld(action string, invitations bool, kinds ...string) (all []attempt) {
	for _, kind := range kinds {
		table, at := p.table(invitations), keyOf(kind)
		a := denied("dynamodb:"+action, shown(kind, invitations))
		all = append(all, a.named(a.Name+gettingOld).by(func(ctx context.Context) (err error) {
			if action == "PutItem" {
				_, err = p.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: at, ConditionExpression: aws.String(never), ReturnValues: types.ReturnValueAllOld})
				return err
			}
			_, err = p.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: table, Key: at, UpdateExpression: aws.String("SET #n = :n"), ConditionExpression: aws.String(never), ReturnValues: types.ReturnValueAllOld,
				ExpressionAttributeNames: map[string]string{"#n": nobody}, ExpressionAttributeValues: item{":n": number(1)},
			})
			return err
		}))
	}
	return all
}

// Invite tries out the role of functions/invite: it has nothing to do with answers.
func (p *Prober) Invite(ctx context.Context) []probe.Probe {
	const marks = "MarkInvitationsAndCount"
	return run(ctx, slices.Concat(
		p.allow("ReadInvitations", "GetItem", true, "V#"),
		p.allow("Sign", "GetItem", true, "K#"),
		p.allow(marks, "UpdateItem", true, "V#", "N#"),
		p.allow("ReadDefinitions", "GetItem", false, "D#"),
		p.logs(),
		p.deny("GetItem", false, slices.Concat(withAnswers, []string{"X"})...), p.deny("Query", false, withAnswers...), p.deny("BatchGetItem", false, "I#", "J#"),
		p.deny("PutItem", false, "I#", "Q#", "W#", "D#"), p.deny("UpdateItem", false, "I#"), p.deny("DeleteItem", false, "I#", "Q#"),
		p.deny("GetItem", true, "Y"), p.deny("Query", true, "V#"), p.deny("PutItem", true, "V#", "K#"), p.deny("UpdateItem", true, "K#"), p.denyOld("UpdateItem", true, "V#"),
	))
}

// Publish tries out the role of functions/publish: it reads answers, but no private ones, and no secrets.
func (p *Prober) Publish(ctx context.Context) []probe.Probe {
	const counts = "WriteLogsTalliesReleasesCases"
	return run(ctx, slices.Concat(
		p.ofIDs(),
		p.allow("ReadTheQueueAndLists", "Query", false, "S", "U", "R", "Q#", "L#", "P#", "O#", "E#", "W#", "C#"),
		p.allow("ReadCountsOfInvitations", "Query", true, "N#"),
		p.allow("ReadTheLog", "BatchGetItem", false, "J#", "D#"),
		p.allow("ReadSingleItems", "GetItem", false, "D#", "K#", "L#", "T#", "P#", "C#", "U", "R"),
		p.allowInTransaction(counts, "PutItem", false, "J#", "T#", "P#", "C#", "O#"),
		p.allow(counts, "PutItem", false, "K#", "U"),
		p.allowInTransaction("MoveTheHeadOfALogAndLeaveWork", "UpdateItem", false, "L#"),
		p.allow("MoveTheHeadOfALogAndLeaveWork", "UpdateItem", false, "U", "R"),
		p.allow("EmptyTheQueue", "BatchWriteItem", false, "Q#"),
		p.allowInTransaction("ForgetWhatWasTold", "DeleteItem", false, "O#", "W#"),
		p.allow("KeepHowFarVerificationHasCome", "GetItem", false, "G"),
		p.allow("KeepHowFarVerificationHasCome", "PutItem", false, "G"),
		p.services(),
		p.allowFiles("ReplaceResultsPages", "GetObject", nobody+"/results/"+nobody+".html"),
		p.allowFiles("ReplaceResultsPages", "PutObject", nobody+"/results/"+nobody+".html"),
		p.allowFiles("CompareForms", "GetObject", nobody+"/index.html", nobody+"/early.html", nobody+"/open.html", nobody+"/closed.html"),
		p.allowFiles("CompareHomePages", "GetObject", "index.html", "home-"+nobody+".html", nobody+"/home-"+nobody+".html"),
		p.allowFiles("PutFormsAndHomePagesInPlace", "PutObject", "index.html", nobody+"/index.html"),
		[]attempt{p.list("SeeThatAPageIsMissing")},
		p.stream(),
		p.logs(),
		p.denyOld("PutItem", false, "I#", "E#"), p.deny("GetItem", false, "X", "Q#", "J#"), p.deny("Query", false, "I#", "J#", "X"), p.deny("BatchGetItem", false, "I#", "C#"),
		p.deny("PutItem", false, "D#", "Q#", "X"), p.deny("UpdateItem", false, "I#", "D#"), p.deny("DeleteItem", false, "I#", "J#", "P#"), p.deny("BatchWriteItem", false, "I#", "J#"),
		p.deny("GetItem", true, "V#", "K#", "Y"), p.deny("Query", true, "V#", "K#"), p.deny("PutItem", true, "V#"), p.deny("UpdateItem", true, "V#", "N#"),
		p.denyFiles("GetObject", "assets/"+nobody+".js", nobody+"/"+nobody+".html"),
		p.denyFiles("PutObject", "assets/"+nobody+".js", nobody+"/early.html", "home-"+nobody+".html"),
		p.denyFiles("DeleteObject", nobody+"/results/"+nobody+".html"),
	))
}

// ofIDs returns attempts on the items of ids, with which private answers are, and on what corrections say. The role may read of them
// where a response is, and put what has no answers.
func (p *Prober) ofIDs() []attempt {
	const action = "dynamodb:PutItem"
	read := func(kind string, names ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			in := &dynamodb.GetItemInput{TableName: &p.name, Key: keyOf(kind)}
			if len(names) > 0 {
				in.ExpressionAttributeNames = map[string]string{}
			}
			list := ""
			for i, name := range names {
				alias := fmt.Sprintf("#%d", i+1)
				in.ExpressionAttributeNames[alias] = name
				if list != "" {
					list += ", "
				}
				list += alias
			}
			if list != "" {
				in.ProjectionExpression = &list
			}
			_, err := p.client.GetItem(ctx, in)
			return err
		}
	}
	put := func(kind string, names ...string) func(context.Context) error {
		i := keyOf(kind)
		for _, name := range names {
			i[name] = text(nobody)
		}
		return p.transaction(types.TransactWriteItem{Put: &types.Put{TableName: &p.name, Item: i, ConditionExpression: aws.String(never)}})
	}
	with := func(a attempt, what string) attempt { return a.named(a.Name + ", " + what) }
	ids, said := partOf("I#"), partOf("E#")
	return []attempt{
		with(allowed("FindWhatWasTakenBack", "dynamodb:GetItem", ids), "its place").by(read("I#", partKey, sortKey, ofPeriod, arrived, withdrawn, Expires, corrects)),
		allowed("LeaveATombstone", action, ids).by(put("I#", ofPeriod, arrived, withdrawn, corrects)),
		allowed("RemoveWhatCorrectionsSaid", action, said).by(put("E#")),
		with(denied("dynamodb:GetItem", ids), "private answers").by(read("I#", partKey, private)),
		with(denied("dynamodb:GetItem", ids), "corrected ones").by(read("I#", partKey, corrected)),
		with(denied("dynamodb:GetItem", ids), "the whole").by(read("I#")),
		with(denied("dynamodb:GetItem", partOf("Q#")), "its place").by(read("Q#", partKey, ofPeriod)),
		with(denied(action, ids), "private answers").by(put("I#", ofPeriod, arrived, private)),
		with(denied(action, said), "answers").by(put("E#", body)),
	}
}

// services returns attempts on what the publisher tells people with. Nobody is told: the event's detail is no JSON, there is no such
// parameter, and no account can send from a name that nobody can own.
func (p *Prober) services() []attempt {
	ssm, parameters := p.asking("ssm", "ssm", p.getenv("SSM_ENDPOINT"))
	bus, events := p.asking("events", "events", p.getenv("EVENTBRIDGE_ENDPOINT"))
	ses, mail := p.asking("email", "ses", p.getenv("SES_ENDPOINT"))
	get := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			return askService(ctx, ssm, parameters, json11, "AmazonSSM.GetParameter", map[string]any{"Name": name}, &struct{}{})
		}
	}
	tell := func(source string) func(context.Context) error {
		return func(ctx context.Context) error {
			var reply struct {
				Entries []struct{ ErrorCode, ErrorMessage string }
			}
			entry := map[string]string{"Source": source, "DetailType": EventType, "Detail": "no JSON"}
			err := askService(ctx, bus, events, json11, "AWSEvents.PutEvents", map[string]any{"Entries": []any{entry}}, &reply)
			if err == nil && len(reply.Entries) == 1 && reply.Entries[0].ErrorCode != "" {
				err = &serviceError{200, reply.Entries[0].ErrorCode, reply.Entries[0].ErrorMessage}
			}
			return err
		}
	}
	send := func(ctx context.Context) error {
		const address = "probe@glasspoll.invalid" // RFC 2606
		said := map[string]string{"Data": nobody}
		return askService(ctx, ses, mail+"v2/email/outbound-emails", "application/json", "", map[string]any{
			"FromEmailAddress": address, "Destination": map[string]any{"ToAddresses": []string{address}},
			"Content": map[string]any{"Simple": map[string]any{"Subject": said, "Body": map[string]any{"Text": said}}},
		}, &struct{}{})
	}
	as := func(a attempt, codes ...string) attempt {
		a.passed = codes
		return a
	}
	return []attempt{
		as(allowed("TellOfCases", "events:PutEvents", EventSource).by(tell(EventSource)), "MalformedDetail"),
		as(denied("events:PutEvents", nobody).by(tell(nobody)), "MalformedDetail"),
		as(allowed("ReadWhoIsTold", "ssm:GetParameter", "/glasspoll/"+nobody).by(get("/glasspoll/"+nobody)), "ParameterNotFound"),
		as(denied("ssm:GetParameter", "/"+nobody).by(get("/"+nobody)), "ParameterNotFound"),
		as(allowed("SendMail", "ses:SendEmail", "glasspoll.invalid").by(send), "MessageRejected", "MailFromDomainNotVerifiedException"),
	}
}

// stream returns attempts to follow the table's stream, which Lambda does in the function's name. They read nothing that is in it:
// they begin at its end.
func (p *Prober) stream() []attempt {
	client, address := p.asking("streams.dynamodb", "dynamodb", p.getenv("DYNAMODB_ENDPOINT"))
	ask := func(ctx context.Context, operation string, request, into any) error {
		return askService(ctx, client, address, json10, "DynamoDBStreams_20120810."+operation, request, into)
	}
	steps := []string{"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}
	follow := func(last string) func(context.Context) error {
		return func(ctx context.Context) error {
			var at struct {
				Streams           []struct{ StreamArn string }
				StreamDescription struct{ Shards []struct{ ShardId string } }
				ShardIterator     string
			}
			request := map[string]any{"TableName": p.name}
			for i, step := range steps {
				if err := ask(ctx, step, request, &at); err != nil || step == last {
					if err != nil && step != last {
						err = fmt.Errorf("%s comes first: %s", step, err) // it says nothing about this call
					}
					return err
				}
				switch {
				case i == 0 && len(at.Streams) > 0:
					request = map[string]any{"StreamArn": at.Streams[0].StreamArn}
				case i == 1 && len(at.StreamDescription.Shards) > 0:
					shards := at.StreamDescription.Shards
					request = map[string]any{"StreamArn": at.Streams[0].StreamArn, "ShardId": shards[len(shards)-1].ShardId, "ShardIteratorType": "LATEST"}
				case i == 2:
					request = map[string]any{"ShardIterator": at.ShardIterator, "Limit": 1}
				default:
					return fmt.Errorf("%s: the table has no stream, or the stream no shard", step)
				}
			}
			return nil
		}
	}
	var all []attempt
	for i, step := range steps {
		statement := "FollowTheStream"
		if i == 0 {
			statement = "FindTheStream"
		}
		all = append(all, allowed(statement, "dynamodb:"+step, "").named(statement+": "+step).by(follow(step)))
	}
	return all
}

// Archive tries out the role of functions/archive: it reads answers, but no private ones, and writes archives alone.
func (p *Prober) Archive(ctx context.Context) []probe.Probe {
	const writes = "CompareAndWriteArchives"
	archive := nobody + "/" + nobody + ".zip"
	return run(ctx, slices.Concat(
		p.allow("ReadLists", "Query", false, "S", "L#", "P#", "C#", "E#"),
		p.allow("ReadTheLog", "BatchGetItem", false, "J#"),
		p.allow("ReadSingleItems", "GetItem", false, "D#", "L#", "T#", "P#", "G"),
		p.allow("CountInvitations", "Query", true, "V#", "N#"),
		p.allowFiles(writes, "GetObject", archive), p.allowFiles(writes, "PutObject", archive),
		[]attempt{p.list("SeeThatAnArchiveIsMissing")},
		p.logs(),
		p.deny("GetItem", false, "I#", "Q#", "X"), p.deny("Query", false, "I#", "Q#"), p.deny("BatchGetItem", false, "I#", "Q#"),
		p.deny("PutItem", false, "D#", "I#", "Q#", "J#", "T#", "P#", "C#", "G"), p.deny("UpdateItem", false, "I#", "L#"),
		p.deny("DeleteItem", false, "I#", "J#"), p.deny("BatchWriteItem", false, "Q#", "J#"),
		p.deny("GetItem", true, "K#", "Y"), p.deny("Query", true, "K#"), p.deny("PutItem", true, "V#"), p.deny("UpdateItem", true, "V#"),
		p.denyFiles("DeleteObject", archive),
	))
}

// probeReserve is the time kept before the deadline for the reply.
const probeReserve = time.Second

// InTime makes probes before a function's deadline. Those that come to no answer by then are unknown.
func InTime(ctx context.Context, probes func(context.Context) []probe.Probe) []probe.Probe {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-probeReserve))
		defer cancel()
	}
	return probes(ctx)
}
