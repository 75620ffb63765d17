package tally

import (
	"encoding/binary"
	"errors"
	"slices"
)

// packing writes numbers into few bytes, or reads them.
//
// The first byte is 1 if any number may be negative, else 0. Numbers are varints (base 128, low bits first), signed ones
// in zigzag order; differences are always signed. After a 0 comes, as a varint, how many more zeros follow it. Zeros at the
// end are left out, and no byte at all says that everything is 0.
type packing struct {
	numbers []number // written so far

	reading bool
	signed  bool
	data    []byte // that is left to read
	zeros   uint64 // that are read already
	err     error
}

// number is one to be written.
type number struct {
	value      int64
	difference bool
}

var errPacked = errors.New("numbers are damaged")

// unpacking reads what pack returned.
func unpacking(data []byte) (*packing, error) {
	p := &packing{reading: true}
	if len(data) > 0 {
		if data[0] > 1 {
			return nil, errPacked
		}
		p.signed, p.data = data[0] == 1, data[1:]
	}
	return p, nil
}

// number writes x, or reads it.
func (p *packing) number(x *int64) {
	if p.reading {
		*x = p.read(p.signed)
	} else {
		p.numbers = append(p.numbers, number{value: *x})
	}
}

// difference writes how much x is more than what it is expected to be, or reads x.
func (p *packing) difference(x *int64, expected int64) {
	if p.reading {
		*x = expected + p.read(true)
	} else {
		p.numbers = append(p.numbers, number{*x - expected, true})
	}
}

// columns writes moments, or reads them, one sum of all of them after the other. The moments of different items with one overall
// item are alike.
func (p *packing) columns(all []Moments) {
	before := int64(0)
	for i := range all {
		p.difference(&all[i].N, before)
		before = all[i].N
	}
	for i := range all {
		p.number(&all[i].X)
	}
	p.likeBefore(all, func(m *Moments) *int64 { return &m.Y })
	for i := range all {
		p.number(&all[i].XX)
	}
	p.likeBefore(all, func(m *Moments) *int64 { return &m.YY })
	for i := range all {
		p.number(&all[i].XY)
	}
}

// likeBefore is for sums whose mean is like that of the moments before.
func (p *packing) likeBefore(all []Moments, sum func(*Moments) *int64) {
	expected := int64(0)
	for i := range all {
		if i > 0 {
			expected = rescale(*sum(&all[i-1]), all[i-1].N, all[i].N)
		}
		p.difference(sum(&all[i]), expected)
	}
}

// rescale returns about sum/from·to. It is the same on every machine, whatever the numbers are.
func rescale(sum, from, to int64) int64 {
	if from == 0 {
		return 0
	}
	return sum/from*to + sum%from*to/from
}

// pack returns what was written.
func (p *packing) pack() []byte {
	last := len(p.numbers)
	for last > 0 && p.numbers[last-1].value == 0 {
		last--
	}
	if last == 0 {
		return nil
	}
	signed := slices.ContainsFunc(p.numbers, func(n number) bool { return n.value < 0 && !n.difference })
	data := make([]byte, 1, 2*last)
	if signed {
		data[0] = 1
	}
	for i := 0; i < last; i++ {
		n := p.numbers[i]
		switch {
		case n.value == 0:
			zeros := i
			for p.numbers[i+1].value == 0 { // the last one is not 0
				i++
			}
			data = binary.AppendUvarint(append(data, 0), uint64(i-zeros))
		case signed || n.difference:
			data = binary.AppendVarint(data, n.value)
		default:
			data = binary.AppendUvarint(data, uint64(n.value))
		}
	}
	return data
}

// read returns the next number; 0 after the end.
func (p *packing) read(signed bool) int64 {
	if p.zeros > 0 {
		p.zeros--
		return 0
	}
	if len(p.data) == 0 || p.err != nil {
		return 0
	}
	value := p.varint()
	switch {
	case value == 0:
		p.zeros = p.varint()
		return 0
	case signed:
		return int64(value>>1) ^ -int64(value&1)
	case int64(value) < 0:
		p.err = errPacked
	}
	return int64(value)
}

// varint returns the next varint.
func (p *packing) varint() uint64 {
	value, n := binary.Uvarint(p.data)
	if n <= 0 {
		p.err = errPacked
		p.data = nil
		return 0
	}
	p.data = p.data[n:]
	return value
}

// finish reports what is wrong with what was read.
func (p *packing) finish() error {
	if p.err == nil && (len(p.data) > 0 || p.zeros > 0) {
		p.err = errPacked
	}
	return p.err
}
