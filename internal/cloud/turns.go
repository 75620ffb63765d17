package cloud

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/message"
	"glasspoll/internal/sleep"
	"glasspoll/internal/store"
)

const (
	// leaseTime is after how long a turn is over that was not renewed.
	leaseTime = 20 * time.Second

	// farthest bounds how far ahead of now a turn may be over, or begin. Whatever is further ahead was written by a clock that is
	// wrong, and does not count: nobody would work until then.
	farthest = 5 * time.Minute

	// turnAttempts bounds the tries to change an item that many processes change.
	turnAttempts = 50

	// maxParts is how many parts of a period are named at most, so that the item stays within some two write units. More are
	// the whole period: then most parts have something new.
	maxParts = 64

	// maxAllParts is how many parts of all periods are named at most, with the same consequence: an import may bring something new to
	// hundreds of periods.
	maxAllParts = 4 * maxParts
)

// turns is the partition key of the work lists: one query finds all that is unfinished.
const turns = "U"

// turn is the work list of a survey: what somebody is at, and what has come since or has been left.
type turn struct {
	exists   bool
	revision int64
	token    string    // of who is at it; "": nobody
	until    time.Time // when that is over, unless it is renewed
	next     time.Time // before which nobody else begins
	doing    store.Work
	left     store.Work
}

// The attributes of a work list.
const (
	turnToken     = "token"
	turnUntil     = "until" // in milliseconds since 1970
	turnNext      = "next"  // the same
	turnDoing     = "doing"
	turnSince     = "since" // when the oldest response of doing was stored, in nanoseconds since 1970
	turnLeft      = "left"
	turnLeftSince = "leftSince"
)

// turnVersion is the version of the form of a work list.
const turnVersion = 1

func (is *turn) held(now time.Time) bool {
	return is.token != "" && now.Before(is.until) && is.until.Sub(now) <= farthest
}

// early returns for how long nobody begins a turn.
func (is *turn) early(now time.Time) time.Duration {
	if early := is.next.Sub(now); early > 0 && early <= farthest {
		return early
	}
	return 0
}

func textsOf(i item, name string) []string {
	if set, ok := i[name].(*types.AttributeValueMemberSS); ok {
		return slices.Sorted(slices.Values(set.Value))
	}
	return nil
}

func workOf(i item, names, since string) store.Work {
	w := store.Work{Names: textsOf(i, names)}
	if at, ok := integerOf(i, since); ok {
		w.Oldest = time.Unix(0, at)
	}
	return w
}

func setWork(i item, names, since string, w store.Work) {
	if len(w.Names) > 0 {
		i[names] = &types.AttributeValueMemberSS{Value: w.Names}
	}
	if !w.Oldest.IsZero() {
		i[since] = number(w.Oldest.UnixNano())
	}
}

func setTime(i item, name string, at time.Time) {
	if !at.IsZero() {
		i[name] = number(at.UnixMilli())
	}
}

func timeOf(i item, name string) time.Time {
	at, ok := integerOf(i, name)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(at)
}

func (t *Table) turnOf(survey string, i item) (*turn, error) {
	if form, _ := integerOf(i, version); i != nil && form != turnVersion {
		return nil, t.wrap(message.Errorf("the work list of %s is of version %d, and this program reads %d: install a newer version of the program", survey, form, turnVersion))
	}
	is := &turn{
		exists: i != nil, token: textOf(i, turnToken), until: timeOf(i, turnUntil), next: timeOf(i, turnNext),
		doing: workOf(i, turnDoing, turnSince), left: workOf(i, turnLeft, turnLeftSince),
	}
	is.revision, _ = integerOf(i, counter)
	return is, nil
}

func (t *Table) readTurn(ctx context.Context, survey string) (*turn, error) {
	i, err := t.get(ctx, turns, survey)
	if err != nil {
		return nil, err
	}
	return t.turnOf(survey, i)
}

// putTurn replaces a work list that was read, unless it has been changed meanwhile.
func (t *Table) putTurn(ctx context.Context, survey string, is *turn) (change, error) {
	i := key(turns, survey)
	i[version], i[counter] = number(turnVersion), number(is.revision+1)
	if is.token != "" { // DynamoDB once refused empty texts, and DynamoDB Local does
		i[turnToken] = text(is.token)
		setTime(i, turnUntil, is.until)
	}
	setTime(i, turnNext, is.next)
	setWork(i, turnDoing, turnSince, is.doing)
	setWork(i, turnLeft, turnLeftSince, is.left)
	put := &dynamodb.PutItemInput{TableName: &t.name, Item: i, ConditionExpression: free()}
	if is.exists {
		put.ConditionExpression, put.ExpressionAttributeValues = aws.String("revision = :revision"), item{":revision": number(is.revision)}
	}
	_, err := t.client.PutItem(ctx, put)
	if refused(err) {
		return read, nil
	}
	return keep, t.wrap(err)
}

// A change is what becomes of a work list that was read.
type change int

const (
	keep change = iota // nothing is changed, or it has been
	put                // it is to be stored as it is now
	read               // it has changed meanwhile: read it again
)

// changeTurn changes a survey's work list, trying again if another process changes it meanwhile.
func (t *Table) changeTurn(ctx context.Context, survey string, decide func(is *turn) (change, error)) error {
	for try := range turnAttempts {
		is, err := t.readTurn(ctx, survey)
		if err != nil {
			return err
		}
		decided, err := decide(is)
		if decided == put && err == nil {
			decided, err = t.putTurn(ctx, survey, is)
		}
		if decided == keep || err != nil {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return t.wrap(err)
		}
	}
	return t.wrap(message.Errorf("the work list of %s keeps changing: try again", survey))
}

// take gives a turn to a token, with all the work that there is.
func (is *turn) take(token, survey string, now time.Time, w store.Work) *store.Turn {
	is.doing = coarser(is.doing.And(is.left).And(w))
	is.left = store.Work{}
	is.token, is.until = token, now.Add(leaseTime)
	return &store.Turn{Survey: survey, Work: is.doing, Token: token}
}

// BeginTurn implements [store.Turns]. It waits for a random time first, up to [spread]. Who is turned away reads one item, and writes it
// only if the work is not in it yet.
func (t *Table) BeginTurn(ctx context.Context, survey string, w store.Work) (begun *store.Turn, early time.Duration, err error) {
	if most := spread(w); most > 0 {
		if err := sleep.For(ctx, random(most)); err != nil {
			return nil, 0, t.wrap(err)
		}
	}
	token := rand.Text()
	w = coarser(w)
	err = t.changeTurn(ctx, survey, func(is *turn) (change, error) {
		now := t.now()
		held := is.held(now)
		if begun, early = nil, is.early(now); !held && early == 0 {
			begun = is.take(token, survey, now, w)
			return put, nil
		}
		if held {
			early = 0
		}
		return t.leaveWork(ctx, survey, is, w)
	})
	return begun, early, err
}

// spread returns how long BeginTurn waits at most: a millisecond for each shard of the survey, as far as the last named one tells, and
// nothing if these are the shards that every survey has. The stream invokes a function for each partition of the table, and hundreds
// may begin at once: all would write the same item, which takes a thousand units a second.
func spread(w store.Work) (d time.Duration) {
	for _, name := range w.Names {
		_, part, _ := store.SplitName(name)
		if shard, err := strconv.Atoi(part); err == nil && shard >= minShards {
			d = max(d, time.Duration(min(shard, maxShards))*time.Millisecond)
		}
	}
	return d
}

// leaveWork adds work to a list that was read, unless it is in it. What others add at the same time is no hindrance: only if
// the turn is another one now, or older work has been left, it must be read again.
func (t *Table) leaveWork(ctx context.Context, survey string, is *turn, w store.Work) (change, error) {
	if covers(is.left, w) {
		return keep, nil
	}
	more := slices.DeleteFunc(coarser(is.left.And(w)).Names, func(name string) bool { return slices.Contains(is.left.Names, name) })
	in := &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: key(turns, survey), UpdateExpression: aws.String("ADD revision :one"),
		ConditionExpression:       aws.String("#token = :token"),
		ExpressionAttributeNames:  map[string]string{"#token": turnToken},
		ExpressionAttributeValues: item{":one": number(1), ":token": text(is.token)},
	}
	if is.token == "" {
		in.ConditionExpression = aws.String("attribute_exists(" + partKey + ") AND attribute_not_exists(#token)")
		delete(in.ExpressionAttributeValues, ":token")
	}
	if len(more) > 0 {
		*in.UpdateExpression += ", #left :left"
		in.ExpressionAttributeNames["#left"] = turnLeft
		in.ExpressionAttributeValues[":left"] = &types.AttributeValueMemberSS{Value: more}
	}
	if !w.Oldest.IsZero() && (is.left.Oldest.IsZero() || w.Oldest.Before(is.left.Oldest)) {
		*in.UpdateExpression += " SET #since = :since"
		*in.ConditionExpression += " AND (attribute_not_exists(#since) OR #since > :since)"
		in.ExpressionAttributeNames["#since"] = turnLeftSince
		in.ExpressionAttributeValues[":since"] = number(w.Oldest.UnixNano())
	}
	_, err := t.client.UpdateItem(ctx, in)
	if refused(err) {
		return read, nil
	}
	return keep, t.wrap(err)
}

// EndTurn implements [store.Turns].
func (t *Table) EndTurn(ctx context.Context, own *store.Turn) (again bool, err error) {
	var work store.Work
	err = t.changeTurn(ctx, own.Survey, func(is *turn) (change, error) {
		again = false
		if is.token != own.Token {
			return keep, nil
		}
		is.next = own.Next
		if again = is.left.Names != nil; again {
			is.doing, is.left, is.until = coarser(is.left), store.Work{}, t.now().Add(leaseTime)
			work = is.doing
			return put, nil
		}
		*is = turn{exists: true, revision: is.revision, next: own.Next}
		return put, nil
	})
	if err == nil && again {
		own.Work = work
	}
	return again && err == nil, err
}

// LeaveTurn implements [store.Turns].
func (t *Table) LeaveTurn(ctx context.Context, own *store.Turn) error {
	return t.changeTurn(ctx, own.Survey, func(is *turn) (change, error) {
		if is.token != own.Token {
			return keep, nil
		}
		*is = turn{exists: true, revision: is.revision, next: own.Next, left: coarser(is.doing.And(is.left))}
		return put, nil
	})
}

// RenewTurn implements [store.Leases].
func (t *Table) RenewTurn(ctx context.Context, own *store.Turn) (still bool, err error) {
	_, err = t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: key(turns, own.Survey), UpdateExpression: aws.String("SET #until = :until ADD revision :one"),
		ConditionExpression:       aws.String("#token = :token"),
		ExpressionAttributeNames:  map[string]string{"#until": turnUntil, "#token": turnToken},
		ExpressionAttributeValues: item{":until": number(t.now().Add(leaseTime).UnixMilli()), ":token": text(own.Token), ":one": number(1)},
	})
	if refused(err) {
		return false, nil
	}
	return err == nil, t.wrap(err)
}

// ResumeTurn implements [store.Leases].
func (t *Table) ResumeTurn(ctx context.Context, survey string) (resumed *store.Turn, early time.Duration, err error) {
	token := rand.Text()
	err = t.changeTurn(ctx, survey, func(is *turn) (change, error) {
		now := t.now()
		resumed, early = nil, 0
		if !is.unfinished(now) {
			return keep, nil
		}
		early = is.early(now)
		resumed = is.take(token, survey, now, store.Work{})
		return put, nil
	})
	return resumed, early, err
}

// unfinished reports whether there is work that nobody is at.
func (is *turn) unfinished(now time.Time) bool {
	return !is.held(now) && (is.token != "" || is.doing.Names != nil || is.left.Names != nil)
}

// Unfinished implements [store.Leases].
func (t *Table) Unfinished(ctx context.Context) (surveys []string, err error) {
	for i, err := range t.items(ctx, turns) {
		if err != nil {
			return nil, err
		}
		survey := textOf(i, sortKey)
		if is, err := t.turnOf(survey, i); err != nil || is.unfinished(t.now()) { // who resumes the turn meets the error
			surveys = append(surveys, survey)
		}
	}
	return surveys, nil
}

// coarser returns work in which no name is part of another one, and whole periods are in the place of very many parts.
func coarser(w store.Work) store.Work {
	parts, whole, all := map[string]int{}, map[string]bool{}, 0
	for _, name := range w.Names {
		if period, _, isPart := store.SplitName(name); isPart {
			parts[period]++
			all++
		} else {
			whole[name] = true
		}
	}
	for period, n := range parts {
		if period != "" && (n > maxParts || all > maxAllParts) {
			whole[period] = true
		}
	}
	names := slices.Collect(maps.Keys(whole))
	for _, name := range w.Names {
		if period, part, isPart := store.SplitName(name); isPart && !whole[period] && (part != "" || period != "" && parts[period] == 1 || len(w.Names) == 1) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return store.Work{Names: names, Oldest: w.Oldest}
}

// covers reports whether work comprises other work.
func covers(w, other store.Work) bool {
	if !other.Oldest.IsZero() && (w.Oldest.IsZero() || other.Oldest.Before(w.Oldest)) {
		return false
	}
	for _, name := range other.Names {
		if !coversName(w.Names, name) {
			return false
		}
	}
	return true
}

func coversName(names []string, name string) bool {
	period, part, isPart := store.SplitName(name)
	return slices.ContainsFunc(names, func(has string) bool {
		if has == name || isPart && has == period {
			return true
		}
		ofPeriod, _, _ := store.SplitName(has)
		return isPart && part == "" && (period == "" || ofPeriod == period) // whoever looks at any part looks at the rest too
	})
}
