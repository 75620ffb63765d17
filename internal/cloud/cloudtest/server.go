// Package cloudtest is a DynamoDB table in memory, for tests. It follows what DynamoDB documents of the calls that package
// cloud makes: conditions, transactions that conflict, pages, batches that are carried out in part, limits, and the price of
// each call in request units, by partition key, partition and second. A test in e2e runs the same random calls against it and
// DynamoDB Local. Reads are strongly consistent, whether they ask for it or not, but cost half if they do not.
package cloudtest

import (
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// Limits of DynamoDB.
const (
	maxItem         = 400 << 10
	maxPage         = 1 << 20
	maxGet          = 16 << 20
	maxGetKeys      = 100
	maxBatchWrites  = 25
	maxTransaction  = 4 << 20
	maxTransactions = 100 // items in one
	readUnit        = 4 << 10
	writeUnit       = 1 << 10
)

// Options of a server. The zero value is a table that never refuses a call for its rate.
type Options struct {
	Now func() time.Time // by which the meter tells seconds; nil: time.Now

	// Partitions is how many there are, each for MaxWrites and MaxReads units a second; 0 is 4, as in a new table with
	// capacity on demand.
	Partitions int

	// Throttle refuses calls to a partition that has given its units in this second: MaxWrites and MaxReads, divided by Scale
	// unless that is 0. There is no burst capacity.
	Throttle bool
	Scale    float64

	// BatchWrites bounds how many writes of a batch are carried out; 0: all.
	BatchWrites int

	// Second is the name of a second table; "" if there is none. Every other name is that of the first. What the second has and is
	// used for is counted under kinds that begin with its name and a slash.
	Second string
}

// Server is one table, or two. Any number of goroutines may call it, through any number of clients.
type Server struct {
	options Options

	mu          sync.Mutex
	collections map[string]*collection
	prepared    map[place]bool // in a transaction that is under way
	meter       *meter
	bytes       int // of all items
	items       int
}

// New makes an empty table.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Partitions == 0 {
		o.Partitions = 4
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	return &Server{options: o, collections: map[string]*collection{}, prepared: map[place]bool{}, meter: newMeter(o.Partitions)}
}

// Usage returns what the table has been used for so far. It ends the second that is being counted.
func (s *Server) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.meter.snapshot()
}

// Size returns the number of items and of their bytes.
func (s *Server) Size() (items, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.items, s.bytes
}

// Throttles reports whether the server refuses calls for their rate.
func (s *Server) Throttles() bool { return s.options.Throttle }

// Items returns copies of all items whose partition key has a prefix, in no order.
func (s *Server) Items(prefix string) (all []Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pk, c := range s.collections {
		if len(pk) < len(prefix) || pk[:len(prefix)] != prefix {
			continue
		}
		for _, r := range c.all() {
			all = append(all, clone(r.item))
		}
	}
	return all
}

// Copy returns a table with the same items, and a meter of its own.
func (s *Server) Copy() *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	copied := New(s.options)
	for pk, c := range s.collections {
		for _, r := range c.all() {
			copied.store(place{pk: pk, sk: r.sk}, clone(r.item))
		}
	}
	return copied
}

// Delete removes items without a call, as expiry does.
func (s *Server) Delete(gone func(item Item) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pk, c := range s.collections {
		for _, r := range c.all() {
			if gone(r.item) {
				s.store(place{pk: pk, sk: r.sk}, nil)
			}
		}
	}
}

// in returns the place in the table that a call names.
func (s *Server) in(table *string, p place) place {
	if s.options.Second != "" && table != nil && *table == s.options.Second {
		p.table = s.options.Second
	}
	return p
}

// at returns what is stored at a place; the zero record if there is nothing.
func (s *Server) at(p place) record {
	if r := s.collections[p.key()].find(p.sk); r != nil {
		return *r
	}
	return record{}
}

// store puts an item at a place; nil removes what is there.
func (s *Server) store(p place, item Item) {
	before := s.at(p)
	s.bytes -= before.size
	if before.item != nil {
		s.items--
	}
	c := s.collections[p.key()]
	if item == nil {
		if c != nil {
			c.remove(p.sk)
			if len(c.records) == c.gone {
				delete(s.collections, p.key())
			}
		}
		return
	}
	if c == nil {
		c = &collection{}
		s.collections[p.key()] = c
	}
	size := SizeOf(item)
	c.set(p.sk, item, size)
	s.bytes += size
	s.items++
}

// invalid returns the error of a request that DynamoDB does not understand or take.
func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

func pointer[T any](v T) *T { return &v }

func throttled() error {
	return &types.ProvisionedThroughputExceededException{Message: pointer("The level of configured provisioned throughput for the table was exceeded")}
}

func conflict() error {
	return &types.TransactionConflictException{Message: pointer("Transaction is ongoing for the item")}
}

// refuses reports whether a call to a key is refused for its rate, and counts that.
func (s *Server) refuses(pk string, write bool) bool {
	if !s.options.Throttle || !s.meter.exhausted(pk, write, s.options.Scale) {
		return false
	}
	s.meter.usage.Throttled[kindOf(pk)]++
	return true
}

// units rounds a size up; nothing costs as much as one unit.
func units(size, unit int) float64 { return float64(max(1, (size+unit-1)/unit)) }

// spendWrite counts a write that leaves the larger of two sizes, times is 2 in a transaction.
func (s *Server) spendWrite(p place, times float64, sizes ...int) {
	largest := 0
	for _, size := range sizes {
		largest = max(largest, size)
	}
	s.meter.spend(p.key(), Units{Writes: times * units(largest, writeUnit)})
}

// spendRead counts a read of some items of one key.
func (s *Server) spendRead(pk string, consistent bool, size, items int) {
	u := units(size, readUnit)
	if !consistent {
		u /= 2
	}
	s.meter.spend(pk, Units{Reads: u})
	s.meter.usage.ItemsRead[kindOf(pk)] += items
}
