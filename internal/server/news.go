package server

import (
	"context"
	"time"

	"glasspoll/internal/notify"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// News say who is told of what.
type News struct {
	Receivers []notify.Receiver
	Site      string         // address of the site, for links, ending in a slash; "" for none
	Zone      *time.Location // of digests; nil: that of the first survey
}

// newNotifier makes the notifier. Without receivers it takes old news out of the outbox, and nothing else.
func (srv *Server) newNotifier() *notify.Notifier {
	o := srv.options.News
	// A survey whose questionnaire has been taken away neither opens nor closes, but its cases are followed up.
	announced := func(ctx context.Context, id string) (*survey.Survey, error) {
		if present := srv.present.Load(); present == nil || !(*present)[id] {
			return nil, store.ErrUnknown
		}
		return srv.store.Definition(ctx, id, "")
	}
	var announcer *notify.Announcer
	if len(o.Receivers) > 0 {
		announcer = &notify.Announcer{Sources: srv.store, Survey: announced, Zone: o.Zone, Wanted: notify.Wanted(o.Receivers), Now: time.Now}
	}
	return notify.New(notify.NotifierOptions{
		Surveys: srv.store.Surveys, Announcer: announcer, Log: srv.options.Log,
		Deliverer: notify.NewDeliverer(notify.Options{
			Ports: srv.store, Receivers: o.Receivers, Site: o.Site, Now: time.Now,
			Survey: func(ctx context.Context, id string) (*survey.Survey, error) { return srv.store.Definition(ctx, id, "") },
		}),
	})
}
