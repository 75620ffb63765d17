package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"glasspoll/internal/cloud"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/notify"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// newsroom tells of news: the event bus of opened cases, and whoever the settings name. The settings are in one parameter of
// Systems Manager, whose name is NEWS_PARAMETER.
type newsroom struct {
	getenv     func(string) string
	table      *cloud.Table
	log        *slog.Logger
	metrics    *cloud.Metrics
	parameter  string // its name; "": nobody is told but the event bus
	parameters *cloud.Parameters
	events     notify.Receiver

	mu        sync.Mutex
	read      time.Time // when the settings were read
	text      string    // of the settings
	deliverer *notify.Deliverer
	announcer *notify.Announcer
}

func newNewsroom(getenv func(string) string, table *cloud.Table, log *slog.Logger, metrics *cloud.Metrics) *newsroom {
	return &newsroom{
		getenv: getenv, table: table, log: log, metrics: metrics, parameter: getenv("NEWS_PARAMETER"), parameters: cloud.ParameterStore(getenv),
		events: notify.Receiver{Name: "events", Language: message.English, Wants: notify.OpenedCases, Sender: cloud.EventBridge(getenv), Program: true, Hurried: true},
	}
}

// settingsAge is for how long settings are used before they are read again.
const settingsAge = 5 * time.Minute

// current returns what the settings say. If they cannot be read, those read before stay; without any, nobody is told anything,
// so that nothing is taken out of the outbox that somebody wants.
func (n *newsroom) current(ctx context.Context) (*notify.Deliverer, *notify.Announcer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.deliverer != nil && time.Since(n.read) < settingsAge {
		return n.deliverer, n.announcer, nil
	}
	text, err := "", error(nil)
	if n.parameter != "" {
		text, err = n.parameters.Parameter(ctx, n.parameter)
	}
	if err == nil && (n.deliverer == nil || text != n.text) {
		err = n.use(text)
	}
	if err != nil && n.deliverer == nil {
		return nil, nil, err
	}
	if err != nil {
		n.log.Error("the settings of news cannot be read: those of before are used", "error", err)
	}
	n.read = time.Now()
	return n.deliverer, n.announcer, nil
}

// use makes receivers of settings.
func (n *newsroom) use(text string) error {
	lines, err := news.ReadLines(text)
	if err != nil {
		return err
	}
	settings, err := news.ParseSettings(lines)
	if err != nil {
		return err
	}
	receivers, err := notify.Receivers(settings, func(from, to string) (notify.Sender, error) {
		return cloud.SES(n.getenv, from, to), nil
	})
	if err != nil {
		return err
	}
	survey := func(ctx context.Context, id string) (*survey.Survey, error) { return n.table.Definition(ctx, id, "") }
	n.announcer = nil
	if len(receivers) > 0 {
		n.announcer = &notify.Announcer{Sources: n.table, Survey: survey, Zone: settings.Zone, Wanted: notify.Wanted(receivers), Now: time.Now}
	}
	n.deliverer = notify.NewDeliverer(notify.Options{
		Ports: n.table, Receivers: append(receivers, n.events), Survey: survey, Site: settings.Site, Now: time.Now,
	})
	n.text = text
	return nil
}

// turn is the name of the turn in which news is delivered: two processes that did so at a time would tell everybody twice. What
// is a turn's periods otherwise is surveys here.
const turn = "_news"

// tell delivers the news of surveys. Only a failure of the event bus is an error: others are kept with the news, and shown by
// the command.
func (n *newsroom) tell(ctx context.Context, surveys ...string) (err error) {
	failed := 0
	defer func() {
		if failed == 0 && err != nil { // nobody could be told
			failed = 1
		}
		if failed > 0 {
			n.metrics.Write(nil, cloud.Figure{Name: "NewsFailed", Unit: "Count", Value: float64(failed)})
		}
	}()
	deliverer, _, err := n.current(ctx)
	if err != nil {
		return err
	}
	mine, _, err := n.table.BeginTurn(ctx, turn, store.Work{Names: surveys})
	for err == nil && mine != nil {
		var out notify.Outcome
		if out, err = deliverer.Deliver(ctx, mine.Names...); err == nil {
			err = out.Failed[n.events.Name]
		}
		failed += len(out.Failed)
		out.Log(n.log)
		if err != nil {
			n.table.LeaveTurn(context.WithoutCancel(ctx), mine) // else it ends by itself
			return err
		}
		again := false
		if again, err = n.table.EndTurn(ctx, mine); !again {
			break
		}
	}
	return err
}

// newsRound announces what follows from what is stored, and tells of everything that waits. It reads what the last looks found, and of
// other surveys nothing.
func (f *function) newsRound(ctx context.Context) error {
	looks, err := f.table.Looks(ctx)
	if err != nil {
		return err
	}
	_, announcer, err := f.news.current(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	var waiting []string
	var failed []error
	for _, id := range slices.Sorted(maps.Keys(looks)) {
		l := looks[id]
		begins := announcer != nil && reached(l.Window, now)
		if begins {
			if err := announcer.AnnounceSurveys(ctx, id); err != nil { // the others are announced, and told of
				failed = append(failed, fmt.Errorf("survey %s: %w", id, err))
			}
		}
		if begins || l.Again || reached(l.News, now) {
			waiting = append(waiting, id)
		}
	}
	if announcer != nil {
		added, err := announcer.AnnounceDigests(ctx, f.table.Surveys)
		if err != nil {
			failed = append(failed, err)
		}
		if added && !slices.Contains(waiting, news.NoSurvey) {
			waiting = append(waiting, news.NoSurvey)
		}
	}
	return errors.Join(append(failed, f.tell(ctx, waiting...), f.noteTold(ctx, waiting, looks))...)
}
