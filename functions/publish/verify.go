package main

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/cloud"
	"glasspoll/internal/store"
	"glasspoll/internal/verify"
)

// request is an event of a schedule.
type request struct {
	Verify  bool `json:"verify"`
	Windows bool `json:"windows"`
	News    bool `json:"news"`
	Finish  bool `json:"finish"`
}

// withoutIDs is a table whose ids are not compared with the log: their items have private answers, which the function may not
// read, and there is one for each response. `glasspoll results verify` compares them.
type withoutIDs struct{ *cloud.Table }

// CheckKeys implements [store.Checker].
func (t withoutIDs) CheckKeys(ctx context.Context, survey, period string) iter.Seq2[store.KeyProblem, error] {
	return t.CheckWithoutIDs(ctx, survey, period)
}

// verify goes on with counting everything again and comparing, as far as the time suffices; the next event goes on from there. It
// writes how many periods are known to differ, or could not be verified.
func (f *function) verify(ctx context.Context) error {
	begin := time.Now()
	if err := f.table.Ready(ctx); err != nil && !errors.Is(err, cloud.ErrNoSite) {
		return err
	}
	schedule := &verify.Schedule{Records: withoutIDs{f.table}, Progress: f.table, Now: time.Now, Changed: f.verified, Skipped: func(survey, period string) {
		f.log.Error("a period is too long to be verified here: run results verify", "survey", survey, "period", period)
	}}
	at, complete, err := schedule.Run(ctx)
	if err != nil {
		return err
	}
	for _, period := range slices.Sorted(maps.Keys(at.Failed)) {
		f.log.Error("not verified", "request", requestID(ctx), "period", period, "error", at.Failed[period])
	}
	f.metrics.Write(nil, cloud.Figure{Name: "Differences", Unit: "Count", Value: float64(len(at.Differ) + len(at.Failed))})
	f.log.Info("verified", "complete", complete, "differ", len(at.Differ), "took_ms", time.Since(begin).Milliseconds())
	return nil
}

// verified logs that something else differs than before, or nothing any more.
func (f *function) verified(v *verify.Result) {
	if v.Agree {
		f.log.Info("what differed agrees again", "survey", v.Survey, "period", v.Period)
		return
	}
	f.log.Error("what is stored differs: run results verify", "survey", v.Survey, "period", v.Period, "findings", len(v.Findings), "first", v.Findings[0].String(), "remedy", v.Findings[0].Remedy().String())
}
