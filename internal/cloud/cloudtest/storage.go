package cloudtest

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is an item of a table.
type Item = map[string]types.AttributeValue

// The names of the key attributes.
const (
	partKey = "PK"
	sortKey = "SK"
)

// A place is the key of an item, and the table that it is in: "" for the first one.
type place struct{ pk, sk, table string }

// key returns the partition key, which no other table has.
func (p place) key() string {
	if p.table == "" {
		return p.pk
	}
	return p.table + "/" + p.pk
}

func placeOf(key Item) (place, error) {
	pk, okPK := key[partKey].(*types.AttributeValueMemberS)
	sk, okSK := key[sortKey].(*types.AttributeValueMemberS)
	switch {
	case !okPK || !okSK:
		return place{}, invalid("The provided key element does not match the schema")
	case pk.Value == "" || sk.Value == "":
		return place{}, invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value")
	case len(pk.Value) > 2048:
		return place{}, invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	case len(sk.Value) > 1024:
		return place{}, invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return place{pk: pk.Value, sk: sk.Value}, nil
}

// keyOf checks the key of a request that names an item.
func keyOf(key Item) (place, error) {
	if len(key) != 2 {
		return place{}, invalid("The provided key element does not match the schema")
	}
	return placeOf(key)
}

// A record is one stored item and its size.
type record struct {
	sk   string
	item Item
	size int
}

// A collection holds the items with one partition key, in the order of their sort keys once it is sorted.
type collection struct {
	records []*record
	bySK    map[string]*record // nil as long as there are few
	sorted  int                // that many records at the beginning are in order
	gone    int                // records without an item
}

const few = 8

func (c *collection) find(sk string) *record {
	if c == nil {
		return nil
	}
	if c.bySK != nil {
		return c.bySK[sk]
	}
	for _, r := range c.records {
		if r.sk == sk && r.item != nil {
			return r
		}
	}
	return nil
}

func (c *collection) set(sk string, item Item, size int) {
	if r := c.find(sk); r != nil {
		r.item, r.size = item, size
		return
	}
	r := &record{sk, item, size}
	if c.sorted == len(c.records) && (len(c.records) == 0 || c.records[len(c.records)-1].sk < sk) {
		c.sorted++
	}
	c.records = append(c.records, r)
	if c.bySK == nil && len(c.records) > few {
		c.bySK = map[string]*record{}
		for _, r := range c.records {
			if r.item != nil {
				c.bySK[r.sk] = r
			}
		}
	}
	if c.bySK != nil {
		c.bySK[sk] = r
	}
}

func (c *collection) remove(sk string) {
	if r := c.find(sk); r != nil {
		r.item = nil
		c.gone++
		delete(c.bySK, sk)
	}
}

// all returns the records in order.
func (c *collection) all() []*record {
	if c == nil {
		return nil
	}
	if c.gone > 0 {
		c.records = slices.DeleteFunc(c.records, func(r *record) bool { return r.item == nil })
		c.gone, c.sorted = 0, 0
	}
	if c.sorted < len(c.records) {
		slices.SortFunc(c.records, func(a, b *record) int { return cmp.Compare(a.sk, b.sk) })
		c.sorted = len(c.records)
	}
	return c.records
}

// behind returns the records after a sort key, or before it if backward is set, in the order of reading.
func (c *collection) behind(sk string, backward bool) []*record {
	all := c.all()
	if backward {
		end := len(all)
		if sk != "" {
			end = sort.Search(len(all), func(i int) bool { return all[i].sk >= sk })
		}
		all = slices.Clone(all[:end])
		slices.Reverse(all)
		return all
	}
	return all[sort.Search(len(all), func(i int) bool { return all[i].sk > sk }):]
}

// clone copies an item, so that neither side sees what the other changes.
func clone(item Item) Item {
	if item == nil {
		return nil
	}
	copied := make(Item, len(item))
	for name, value := range item {
		if b, ok := value.(*types.AttributeValueMemberB); ok {
			value = &types.AttributeValueMemberB{Value: bytes.Clone(b.Value)}
		}
		copied[name] = value
	}
	return copied
}

// SizeOf returns the size of an item as DynamoDB counts it: names and values.
func SizeOf(item Item) (size int) {
	for name, value := range item {
		size += len(name) + sizeOfValue(value)
	}
	return size
}

func sizeOfValue(value types.AttributeValue) (size int) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return sizeOfNumber(v.Value)
	case *types.AttributeValueMemberSS:
		for _, s := range v.Value {
			size += len(s)
		}
		return size
	case *types.AttributeValueMemberL:
		size = 3
		for _, e := range v.Value {
			size += 1 + sizeOfValue(e)
		}
		return size
	case *types.AttributeValueMemberM:
		size = 3
		for name, e := range v.Value {
			size += 1 + len(name) + sizeOfValue(e)
		}
		return size
	}
	return 1 // true, false, null
}

// sizeOfNumber is a byte for two significant digits, and one more; and one for a sign.
func sizeOfNumber(n string) int {
	digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(n), "0")
	if !strings.Contains(n, ".") {
		digits = strings.TrimRight(digits, "0")
	}
	size := (len(digits)+1)/2 + 1
	if strings.HasPrefix(n, "-") {
		size++
	}
	return size
}
