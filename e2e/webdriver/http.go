package webdriver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// driver is a session of a browser's driver, over HTTP.
type driver struct {
	client  http.Client
	session string // its address
}

// Open starts a browser by its driver, whose address is given, with the given capabilities.
func Open(driverURL string, capabilities map[string]any) (*Session, error) {
	d := &driver{client: http.Client{Timeout: limit}, session: driverURL + "/session"}
	reply, err := d.do(newSession, "", object{"capabilities": object{"alwaysMatch": capabilities}})
	if err != nil {
		return nil, err
	}
	var opened struct{ SessionID string }
	if err := json.Unmarshal(reply, &opened); err != nil {
		return nil, err
	}
	d.session += "/" + opened.SessionID
	return &Session{d}, nil
}

func (d *driver) do(c command, element string, parameters object) (json.RawMessage, error) {
	path := c.path
	if element != "" {
		path = fmt.Sprintf(path, element)
	}
	var body io.Reader
	if c.method == "POST" {
		if parameters == nil {
			parameters = object{}
		}
		encoded, err := json.Marshal(parameters)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	ctx := context.Background()
	if c == executeScript {
		bounded, cancel := context.WithTimeout(ctx, scriptLimit)
		defer cancel()
		ctx = bounded
	}
	request, err := http.NewRequestWithContext(ctx, c.method, d.session+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := d.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var reply struct{ Value json.RawMessage }
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		return nil, fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	if response.StatusCode == http.StatusOK {
		return reply.Value, nil
	}
	failed := &Error{}
	if err := json.Unmarshal(reply.Value, failed); err != nil {
		return nil, err
	}
	failed.Message, _, _ = strings.Cut(failed.Message, "\n")
	return nil, failed
}

func (d *driver) close() error { return nil }
