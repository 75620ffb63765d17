package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

// measurePocketBase stores records of as many fields as a survey has questions, which anybody may create. Its default is SQLite's
// synchronous=NORMAL: a record is not flushed to the disk before the reply.
func (b *bench) measurePocketBase(ctx context.Context, clients int) (values, error) {
	dir := filepath.Join(b.dir, "pocketbase")
	const email, password = "bench@example.org", "only for this trial"
	_, err := os.Stat(dir)
	fresh := err != nil
	if fresh {
		if _, err := output(ctx, b.dir, b.peers.pocketbase, "superuser", "upsert", email, password, "--dir", dir); err != nil {
			return nil, err
		}
	}
	s, err := serve(ctx, func(address string) *exec.Cmd {
		return exec.Command(b.peers.pocketbase, "serve", "--http", address, "--dir", dir)
	})
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if fresh {
		var login struct{ Token string }
		if err := call(ctx, "http://"+s.address+"/api/collections/_superusers/auth-with-password", "", map[string]any{"identity": email, "password": password}, &login); err != nil {
			return nil, err
		}
		fields := []any{map[string]any{"name": "language", "type": "text"}, map[string]any{"name": "shop", "type": "text"}}
		for q := 1; q < b.questions; q++ {
			fields = append(fields, map[string]any{"name": fmt.Sprintf("q%d", q), "type": "number", "min": 1, "max": 5, "onlyInt": true})
		}
		collection := map[string]any{"name": "responses", "type": "base", "createRule": "", "fields": fields}
		if err := call(ctx, "http://"+s.address+"/api/collections", login.Token, collection, nil); err != nil {
			return nil, err
		}
	}
	return throughput(ctx, s, clients, b.turn, func(int) []byte {
		record := map[string]any{"language": "en", "shop": "s0"}
		for q := 1; q < b.questions; q++ {
			record[fmt.Sprintf("q%d", q)] = 1 + rand.IntN(5)
		}
		body, _ := json.Marshal(record) // texts and numbers
		return post("/api/collections/responses/records", body)
	})
}

// call sends a request to an API that takes and returns JSON.
func call(ctx context.Context, address, token string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, "POST", address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", address, response.Status, reply)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(reply, out)
}
