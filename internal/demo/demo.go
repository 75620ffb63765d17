// Package demo answers surveys with made-up respondents, for a trial: through the API of a site, or directly into its store.
package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/message"
	"glasspoll/internal/simulate"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Options say who answers a survey.
type Options struct {
	Answers int            // respondents, of each period
	Periods int            // the current one and those before it
	Seed    uint64         // another seed makes other respondents
	Actions survey.Actions // with which the answers agree
}

// writers bounds the responses that are stored at a time. Many, because a store commits concurrent writes together.
const writers = 256

// FillPast stores responses of the periods before the current one, which the API would not take. Their ids follow from the
// period, so that what is the period before now and what was it once have different respondents.
func FillPast(ctx context.Context, responses store.Responses, s *survey.Survey, o Options, now time.Time) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for back := 1; back < o.Periods; back++ {
		period := simulate.PeriodBefore(s, now, back)
		simulator := simulate.New(s, o.Seed)
		simulator.Follow(o.Actions)
		simulator.GoBack(back, simulate.EndBefore(s, now, back))
		for range o.Answers {
			r, err := simulator.Response(period)
			if err != nil {
				return errors.Join(err, group.Wait())
			}
			base, err := uuid.Parse(r.ID)
			if err != nil {
				return errors.Join(err, group.Wait())
			}
			r.ID = uuid.NewSHA1(base, []byte(period)).String()
			if err := r.Seal(s, rand.Reader, base[:]); err != nil {
				return errors.Join(err, group.Wait())
			}
			group.Go(func() error {
				_, err := responses.Put(ctx, r)
				return err
			})
		}
	}
	return group.Wait()
}

// Client answers surveys through the API of a site. Close must follow.
type Client struct {
	http http.Client
	url  string
}

// senders bounds the answers that are sent at a time.
const senders = 16

// NewClient returns a client for a site's address, which ends with a slash.
func NewClient(url string) *Client {
	return &Client{http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}, url}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Sent is the outcome of answering one survey.
type Sent struct {
	New    int // respondents
	Known  int // respondents who had answered before
	Closed int // refused, because the survey takes no answers today
}

// Fill sends the answers of one survey's respondents.
func (c *Client) Fill(ctx context.Context, s *survey.Survey, o Options) (Sent, error) {
	simulator := simulate.New(s, o.Seed)
	simulator.Follow(o.Actions)
	statuses := make(chan int, o.Answers)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(senders)
	for range o.Answers {
		respondent, err := simulator.Next()
		if err != nil {
			return Sent{}, errors.Join(err, group.Wait())
		}
		body, err := json.Marshal(respondent)
		if err != nil {
			return Sent{}, errors.Join(err, group.Wait())
		}
		group.Go(func() error {
			status, err := c.post(ctx, "api/surveys/"+s.ID+"/responses", body)
			statuses <- status
			return err
		})
	}
	err := group.Wait()
	close(statuses)
	counts := map[int]int{}
	for status := range statuses {
		counts[status]++
	}
	return Sent{New: counts[http.StatusCreated], Known: counts[http.StatusOK], Closed: counts[http.StatusForbidden]}, err
}

// post posts one submission, and returns the status if it is one that [Sent] counts.
func (c *Client) post(ctx context.Context, path string, body []byte) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return 0, err
	}
	switch response.StatusCode {
	case http.StatusCreated, http.StatusOK, http.StatusForbidden:
		return response.StatusCode, nil
	case http.StatusTooManyRequests:
		return response.StatusCode, message.Errorf("the site takes only so many answers from one machine: start it with glasspoll serve --limits off for a trial")
	default:
		return response.StatusCode, message.Errorf("%s: %s", response.Status, bytes.TrimSpace(text))
	}
}

// Reachable reports whether a web server answers at an address.
func Reachable(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return false
	}
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return true
}
