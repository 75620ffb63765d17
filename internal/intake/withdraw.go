package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/limit"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

// maxWithdrawal bounds a request to take an answer back, in bytes.
const maxWithdrawal = 2 << 10

// withdrawal is a request to take an answer back. Whoever has the receipt may: it is a number that nobody can guess, and nothing else
// is asked for, least of all who somebody is.
type withdrawal struct {
	Receipt  string `json:"receipt"`
	Language string `json:"language"`
	Seal     string `json:"seal"` // of a wait that is over; "" without one
}

// readWithdrawal reads a request to take an answer back. If it cannot, it replies.
func (s *submission) readWithdrawal() (w withdrawal, ok bool) {
	media, body, ok := s.read(formMedia, jsonMedia)
	if !ok {
		return w, false
	}
	s.isForm = media == formMedia
	bad := len(body) > maxWithdrawal
	if !bad && s.isForm {
		values, err := url.ParseQuery(string(body))
		w, bad = withdrawal{values.Get("_receipt"), values.Get("_language"), values.Get("_seal")}, err != nil
	} else if !bad {
		bad = json.Unmarshal(body, &w) != nil
	}
	if bad {
		s.notice(s.w, s.r, http.StatusBadRequest, answer.Problem{Code: answer.BadBody})
	}
	return w, !bad
}

// withdraw takes an answer back, and replies what has become of it. Nothing is logged of one that is found: a time would be enough
// to join an answer and a visitor.
func (s *submission) withdraw(id string) {
	w, ok := s.readWithdrawal()
	if !ok {
		return
	}
	ctx := s.r.Context()
	var err error
	if s.current, err = s.Definitions.Definition(ctx, id, ""); err != nil {
		s.refuseSurvey(id, err)
		return
	}
	s.answered, s.posted.Language = s.current, w.Language
	if left := s.waitsToWithdraw(ctx, &w); left > 0 {
		s.refuseWithdrawal(http.StatusTooManyRequests, w, answer.Problem{Code: answer.BusyTakingBack, Args: []any{"seconds", left}}, left)
		return
	}
	response, err := answer.ParseReceipt(w.Receipt)
	var done store.Withdrawal
	if err != nil {
		err = store.ErrNoResponse // it is refused like one of nobody
	} else {
		done, err = s.Withdrawer.Withdraw(ctx, s.current.ID, response)
	}
	switch {
	case errors.Is(err, store.ErrNoResponse):
		s.refuseWithdrawal(http.StatusUnprocessableEntity, w, answer.Problem{Code: answer.ReceiptUnknown}, 0)
	case err != nil:
		status, p := s.fault("withdrawal not stored", err, answer.NotTakenBack, answer.NotErasable)
		s.refuseWithdrawal(status, w, p, 0)
	case done.Erased:
		s.confirmWithdrawal(http.StatusOK, render.WithdrawPage{Done: true})
	default:
		s.confirmWithdrawal(http.StatusAccepted, render.WithdrawPage{Pending: true})
	}
}

// confirmWithdrawal replies that an answer is taken back.
func (s *submission) confirmWithdrawal(status int, p render.WithdrawPage) {
	if s.isForm {
		s.withdrawPage(status, p)
		return
	}
	reply := map[string]any{"deleted": p.Done}
	if p.Pending {
		reply["within_hours"] = render.WithdrawnWithin
	}
	s.writeJSON(s.w, status, reply)
}

// refuseWithdrawal replies that an answer is not taken back, and after how many seconds it can be tried again; 0 if that is no help.
func (s *submission) refuseWithdrawal(status int, w withdrawal, problem answer.Problem, retry int) {
	if retry > 0 {
		s.w.Header().Set("Retry-After", strconv.Itoa(retry))
	}
	if s.isForm {
		s.withdrawPage(status, render.WithdrawPage{Problem: problem, Receipt: w.Receipt, Seal: w.Seal})
		return
	}
	reply := map[string]any{"problems": s.problemList(s.language(), []answer.Problem{problem})}
	if w.Seal != "" {
		reply["seal"] = w.Seal
	}
	s.writeJSON(s.w, status, reply)
}

// withdrawPage replies with the page on which answers are taken back.
func (s *submission) withdrawPage(status int, p render.WithdrawPage) {
	p.Language, p.Root = s.language(), rootOf(s.r.URL.Path)
	var page bytes.Buffer
	if err := s.Renderer.Withdraw(&page, s.current, p); err != nil {
		s.Log.Error("page of a withdrawal not rendered", "survey", s.current.ID, "error", err)
		s.notice(s.w, s.r, http.StatusInternalServerError, answer.Problem{Code: answer.Internal})
		return
	}
	s.header(status, "text/html; charset=utf-8", "X-Robots-Tag", "noindex")
	s.w.Write(page.Bytes())
}

// waitsToWithdraw returns for how many seconds a range of addresses has to wait that has tried more often than people do, with a seal
// in w by which the same receipt is tried after the wait; 0 if it is tried now. Tries are counted apart from answers, at the same rate.
func (s *submission) waitsToWithdraw(ctx context.Context, w *withdrawal) (seconds int) {
	sent := w.Seal
	w.Seal = ""
	if s.Limits == nil {
		return 0
	}
	keys, known := s.keys(ctx)
	if !known {
		return 0
	}
	of, from := s.current.ID+"/withdraw", limit.Range(s.Client(s.r))
	level := s.Limits.Meter.Level(of, from, s.now)
	if !level.IsOver() {
		level = s.countOne(ctx, of, from)
	}
	if !level.IsOver() {
		return 0
	}
	receipt := w.Receipt[:min(len(w.Receipt), render.MaxReceipt)]
	seal, isSealed := keys.Open(sent, of, receipt, s.now)
	if isSealed && !seal.Wait.IsZero() && !s.now.Before(seal.Wait) {
		s.countOne(ctx, of, from)
		return 0
	}
	if !isSealed {
		seal = limit.Seal{Wait: s.now.Add(level.Wait())}
	}
	w.Seal = keys.Seal(seal, of, receipt)
	return int(seal.Wait.Sub(s.now)/time.Second) + 1
}
