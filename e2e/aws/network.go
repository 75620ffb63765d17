package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
)

// Network is the network between a function and a store: a TCP proxy (https://github.com/Shopify/toxiproxy) that can be slow,
// narrow, cut connections, or keep them open and carry nothing. [Proxy] injects faults into calls; this one into bytes.
type Network struct {
	URL string // of the store, through this network

	proxy *toxiproxy.Proxy
}

// A Condition is one thing that is wrong with a network. Toxiproxy documents the kinds and their attributes; "half_open" is
// that of this package.
type Condition struct {
	Kind       string
	Upstream   bool // of what the function sends; else of replies
	Attributes map[string]int
}

// NewNetwork starts a network in front of a store.
func NewNetwork(store string) (*Network, error) {
	address, err := url.Parse(store)
	if err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "store", "127.0.0.1:0", address.Host)
	if err := proxy.Start(); err != nil {
		return nil, err
	}
	return &Network{"http://" + proxy.Listen, proxy}, nil
}

// Stop closes all connections, and accepts no more.
func (n *Network) Stop() { n.proxy.Stop() }

// Impair adds conditions, also to the connections that there are.
func (n *Network) Impair(conditions ...Condition) error {
	for i, c := range conditions {
		direction := "downstream"
		if c.Upstream {
			direction = "upstream"
		}
		described, err := json.Marshal(map[string]any{"name": fmt.Sprint(i, c.Kind), "type": c.Kind, "stream": direction, "attributes": c.Attributes})
		if err != nil {
			return err
		}
		added, err := n.proxy.Toxics.AddToxicJson(bytes.NewReader(described))
		if err != nil {
			return fmt.Errorf("%s: %w", described, err)
		}
		if half, ok := added.Toxic.(*halfOpen); ok {
			half.added.Store(true)
		}
	}
	return nil
}

// restoring bounds how long Restore may take: toxiproxy waits for what is under way.
const restoring = time.Minute

// Restore ends all conditions. Connections that a condition has held are closed.
func (n *Network) Restore() error {
	done := make(chan struct{})
	go func() {
		n.proxy.Toxics.ResetToxics(context.Background())
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(restoring):
		return fmt.Errorf("the network in front of %s cannot be restored", n.proxy.Upstream)
	}
}

// halfOpen keeps the connections that there are when it is added, and carries nothing over them: the function was frozen, or an
// address translation has forgotten them. Connections made since work.
type halfOpen struct{ added atomic.Bool }

// NewState implements [toxics.StatefulToxic].
func (h *halfOpen) NewState() any { return !h.added.Load() }

// Pipe implements [toxics.Toxic].
func (h *halfOpen) Pipe(stub *toxics.ToxicStub) {
	if stub.State != true {
		new(toxics.NoopToxic).Pipe(stub)
		return
	}
	(&toxics.TimeoutToxic{}).Pipe(stub)
}

// Cleanup implements [toxics.CleanupToxic].
func (h *halfOpen) Cleanup(stub *toxics.ToxicStub) {
	if stub.State == true {
		stub.Close()
	}
}

func init() {
	toxics.Register("half_open", new(halfOpen))
	log.Logger = zerolog.Nop() // some kinds write to it
}
