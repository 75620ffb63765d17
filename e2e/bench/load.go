package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// next returns request i, in HTTP/1.1, or nil if there is no other. Clients call it at the same time.
type next func(i int) []byte

// reply is what a client has observed of a request.
type reply struct {
	sent time.Time
	took time.Duration
}

// drive sends requests from a number of clients. Each has a connection, and sends a request when the last one was answered. Any status
// but 2xx is an error. Requests are written as they are and replies are read no further than to their ends, so that the clients, who
// share the processor with the server, use little of it.
func drive(ctx context.Context, address string, clients int, next next) ([]reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var count atomic.Int64
	observed := make([][]reply, clients)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			c := client{address: address}
			defer c.close()
			for ctx.Err() == nil {
				request := next(int(count.Add(1) - 1))
				if request == nil {
					return
				}
				sent := time.Now()
				if err := c.do(request); err != nil {
					cancel(err)
					return
				}
				observed[i] = append(observed[i], reply{sent, time.Since(sent)})
			}
		})
	}
	group.Wait()
	return slices.Concat(observed...), context.Cause(ctx)
}

// forTime limits the time, from the first request.
func forTime(d time.Duration, next next) next {
	end := sync.OnceValue(func() time.Time { return time.Now().Add(d) })
	return func(i int) []byte {
		if time.Now().After(end()) {
			return nil
		}
		return next(i)
	}
}

// times limits the number of requests.
func times(n int, next next) next {
	return func(i int) []byte {
		if i >= n {
			return nil
		}
		return next(i)
	}
}

// atRate spreads requests over time. With too few clients for it, or a server that is too slow, they come later.
func atRate(perSecond int, next next) next {
	start := sync.OnceValue(time.Now)
	return func(i int) []byte {
		time.Sleep(time.Until(start().Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		return next(i)
	}
}

// always returns the same request.
func always(request []byte) next { return func(int) []byte { return request } }

// client sends requests over one connection.
type client struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

const replyTimeout = time.Minute

func (c *client) do(request []byte) error {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			return err
		}
		c.conn, c.reader = conn, bufio.NewReader(conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.Close {
		c.close()
	}
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// get returns a request for a page as browsers send it.
func get(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n", path)
}

// post returns a request with a JSON body.
func post(path string, body []byte) []byte {
	b := fmt.Appendf(make([]byte, 0, len(body)+200), "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, len(body))
	return append(b, body...)
}

// answerer returns requests that answer a survey of ratings with made-up answers. Those of the question shop go through the groups.
func answerer(questions, groups int) next {
	return func(i int) []byte {
		var body bytes.Buffer
		fmt.Fprintf(&body, `{"id":%q,"language":"en","answers":{"shop":"s%d"`, uuid.NewString(), i%groups)
		for q := 1; q < questions; q++ {
			fmt.Fprintf(&body, `,"q%d":%d`, q, 1+rand.IntN(5))
		}
		body.WriteString("}}")
		return post("/api/surveys/"+ratings+"/responses", body.Bytes())
	}
}

// percentile99 returns the time that 99 % of replies took at most, in milliseconds.
func percentile99(replies []reply) (float64, error) {
	if len(replies) == 0 {
		return 0, errors.New("there were no replies")
	}
	slices.SortFunc(replies, func(x, y reply) int { return int(x.took - y.took) })
	return float64(replies[len(replies)*99/100].took.Microseconds()) / 1000, nil
}

// loadFigures are the rows of what throughput returns.
func loadFigures(what, replies string) []figure {
	return []figure{
		{"rate", what + replies, "1/s"},
		{"p99", what + "99th percentile", "ms"},
		{"cpu", what + "CPU of each", "ms"},
	}
}

// throughput sends requests to a server for a time and returns what load does, and the server's CPU time for each in milliseconds
// ("cpu"). A tenth of the time is sent before that, which is not counted.
func throughput(ctx context.Context, s *server, clients int, turn time.Duration, next next) (values, error) {
	if _, err := drive(ctx, s.address, clients, forTime(turn/10, next)); err != nil {
		return nil, err
	}
	before, err := s.cpu()
	if err != nil {
		return nil, err
	}
	v, err := load(ctx, s.address, clients, turn, next)
	if err != nil {
		return nil, err
	}
	after, err := s.cpu()
	v["cpu"] = (after - before) * 1000 / v["replies"]
	return v, err
}

// load sends requests for a time and returns their number ("replies"), that of a second ("rate") and their 99th percentile in
// milliseconds ("p99").
func load(ctx context.Context, address string, clients int, turn time.Duration, next next) (values, error) {
	started := time.Now()
	replies, err := drive(ctx, address, clients, forTime(turn, next))
	if err != nil {
		return nil, err
	}
	took := time.Since(started)
	p99, err := percentile99(replies)
	n := float64(len(replies))
	return values{"replies": n, "rate": n / took.Seconds(), "p99": p99}, err
}
