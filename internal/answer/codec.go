package answer

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"glasspoll/internal/codec"
	"glasspoll/internal/decimal"
)

// A stored response is
//
//	version of the codec    1 byte
//	flags                   1 byte: isTombstone, hasTextID, hasTextVersion, hasVocabulary, hasKeyed, hasQuality
//	id                      the 16 bytes of a UUID, or a text
//	questionnaire's version a text, or a count and bytes that hexadecimal digits stand for
//	vocabulary's checksum   checksumSize bytes, if it has one
//	language, channel       each a number: 0 for none, 1 and a text, or 2 and more for the vocabulary's
//	quality                 if it has one: its flags and its seconds, each a number
//	keyed digest            DigestSize bytes, if it has one
//	answers                 their number, and their tokens
//
// Numbers are varints, and a text is its length in bytes and its bytes. Each answer begins with a token. Tokens that give a
// value are about the vocabulary's field after that of the answer before, at first field 0, unless tokens before them skip
// fields or name another one. docs/formats.md describes the same.

// codecVersion is the first byte of a stored response, and of stored private answers.
const codecVersion = 1

// The flags. The others are 0: 0x20 is reserved for tokens.
const (
	isTombstone = 1 << iota
	hasTextID
	hasTextVersion
	hasVocabulary
	hasKeyed
	hasQuality = 0x40
	allFlags   = isTombstone | hasTextID | hasTextVersion | hasVocabulary | hasKeyed | hasQuality
)

// The numbers of a language or channel.
const (
	noName = iota
	textName
	firstName // the vocabulary's first one
)

// The tokens. Smaller bytes are the number of an option. The others are free.
const (
	skipOne     = 0xc0 // to skipMost: skips 1 to 32 fields
	skipMost    = 0xdf
	atField     = 0xe0 // the next field is the one with this number
	plainAnswer = 0xe1 // any answer: a number of texts, the first one the field's name
	farOption   = 0xe2 // the number of an option
	someOptions = 0xe3 // two or more options, in their order: a bit for each option that there is
	integer     = 0xe4 // a signed varint
	thousandths = 0xe5 // a decimal in thousandths, a signed varint
	date        = 0xe6 // 2006-01-02: 14 bits of year, 5 of month, 5 of day
	clockTime   = 0xe7 // 15:04: hours times 100 plus minutes
	oneText     = 0xe8 // a text
)

// Append appends the stored form of a response to data: everything but its survey, its period and its private answers. v is
// the vocabulary of its version. Without it, and where the response has what v has not, the form is longer.
func Append(data []byte, r Response, v *Vocabulary) []byte {
	if v != nil && v.version != r.Version {
		v = nil
	}
	flags := byte(0)
	if r.Withdrawn {
		flags |= isTombstone
	}
	id, isUUID := parseUUID(r.ID)
	if !isUUID {
		flags |= hasTextID
	}
	version, isHex := parseHex(r.Version)
	if !isHex {
		flags |= hasTextVersion
		version = []byte(r.Version)
	}
	if v != nil {
		flags |= hasVocabulary
	}
	if r.Quality != (Quality{}) {
		flags |= hasQuality
	}
	if len(r.Keyed) == DigestSize {
		flags |= hasKeyed
	}
	data = append(data, codecVersion, flags)
	if isUUID {
		data = append(data, id[:]...)
	} else {
		data = appendString(data, r.ID)
	}
	data = append(binary.AppendUvarint(data, uint64(len(version))), version...)
	var languages, channels []string
	if v != nil {
		data = append(data, v.checksum[:]...)
		languages, channels = v.languages, v.channels
	}
	data = appendName(data, r.Language, languages)
	data = appendName(data, r.Channel, channels)
	if flags&hasQuality != 0 {
		data = binary.AppendUvarint(data, uint64(r.Quality.Flags))
		data = binary.AppendUvarint(data, uint64(max(r.Quality.Seconds, 0)))
	}
	if flags&hasKeyed != 0 {
		data = append(data, r.Keyed...)
	}
	data = binary.AppendUvarint(data, uint64(len(r.Answers)))
	next := 0
	for _, a := range r.Answers {
		data, next = appendAnswer(data, a, v, next)
	}
	return data
}

// parseUUID parses a UUID in the one form that String returns.
func parseUUID(id string) (uuid.UUID, bool) {
	u, err := uuid.Parse(id)
	return u, err == nil && u.String() == id
}

// parseHex parses hexadecimal digits in the one form that encoding them returns.
func parseHex(text string) ([]byte, bool) {
	data, err := hex.DecodeString(text)
	return data, err == nil && hex.EncodeToString(data) == text
}

// appendName appends a language or a channel.
func appendName(data []byte, name string, known []string) []byte {
	if name == "" {
		return append(data, noName)
	}
	if i := slices.Index(known, name); i >= 0 {
		return binary.AppendUvarint(data, firstName+uint64(i))
	}
	return appendString(append(data, textName), name)
}

// appendAnswer appends an answer whose field is probably number next of the vocabulary. It returns the number of the field
// that is probably that of the answer after it.
func appendAnswer(data []byte, a Answer, v *Vocabulary, next int) ([]byte, int) {
	i := -1
	if len(a) >= 2 {
		i = v.index(a.Field(), next)
	}
	if i < 0 {
		return appendPlain(append(data, plainAnswer), a), next
	}
	options, values := v.terms[i].options, a.Values()
	if len(values) == 1 {
		return appendValue(appendSkip(data, next, i), values[0], options), i + 1
	}
	if set, ok := bitmap(values, options); ok {
		return append(append(appendSkip(data, next, i), someOptions), set...), i + 1
	}
	return appendPlain(append(data, plainAnswer), a), next
}

// appendPlain appends an answer as texts.
func appendPlain(data []byte, a Answer) []byte {
	data = binary.AppendUvarint(data, uint64(len(a)))
	for _, text := range a {
		data = appendString(data, text)
	}
	return data
}

// appendSkip appends what leads from field next to field i.
func appendSkip(data []byte, next, i int) []byte {
	switch skipped := i - next; {
	case skipped == 0:
		return data
	case skipped > 0 && skipped <= skipMost-skipOne+1:
		return append(data, byte(skipOne+skipped-1))
	default:
		return binary.AppendUvarint(append(data, atField), uint64(i))
	}
}

// appendValue appends a single value in the shortest form that returns exactly this text.
func appendValue(data []byte, value string, options []string) []byte {
	if i := slices.Index(options, value); i >= 0 {
		if i < skipOne {
			return append(data, byte(i))
		}
		return binary.AppendUvarint(append(data, farOption), uint64(i))
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && strconv.FormatInt(n, 10) == value {
		return binary.AppendVarint(append(data, integer), n)
	}
	if d, err := decimal.Parse(value); err == nil && d.String() == value {
		return binary.AppendVarint(append(data, thousandths), int64(d))
	}
	if packed, ok := packDate(value); ok {
		return append(data, date, byte(packed>>16), byte(packed>>8), byte(packed))
	}
	if packed, ok := packTime(value); ok {
		return binary.AppendUvarint(append(data, clockTime), packed)
	}
	return appendString(append(data, oneText), value)
}

// bitmap returns a bit for each option, set if it is among values; false unless the values are different options in order.
func bitmap(values, options []string) (set []byte, ok bool) {
	set = make([]byte, (len(options)+7)/8)
	last := -1
	for _, value := range values {
		i := slices.Index(options, value)
		if i <= last {
			return nil, false
		}
		set[i/8] |= 1 << (i % 8)
		last = i
	}
	return set, true
}

// packDate packs a date of the form 2006-01-02, or anything of that form.
func packDate(value string) (packed uint32, ok bool) {
	if len(value) != len("2006-01-02") || value[4] != '-' || value[7] != '-' {
		return 0, false
	}
	year, ok1 := digits(value[:4])
	month, ok2 := digits(value[5:7])
	day, ok3 := digits(value[8:])
	if !ok1 || !ok2 || !ok3 || month > 31 || day > 31 {
		return 0, false
	}
	return uint32(year<<10 | month<<5 | day), true
}

func unpackDate(packed uint32) string {
	text := make([]byte, 0, len("2006-01-02"))
	text = appendDigits(text, int(packed>>10), 4)
	text = appendDigits(append(text, '-'), int(packed>>5&31), 2)
	return string(appendDigits(append(text, '-'), int(packed&31), 2))
}

// packTime packs a time of the form 15:04, or anything of that form.
func packTime(value string) (packed uint64, ok bool) {
	if len(value) != len("15:04") || value[2] != ':' {
		return 0, false
	}
	hours, ok1 := digits(value[:2])
	minutes, ok2 := digits(value[3:])
	return uint64(hours*100 + minutes), ok1 && ok2
}

func unpackTime(packed uint64) string {
	text := appendDigits(make([]byte, 0, len("15:04")), int(packed/100), 2)
	return string(appendDigits(append(text, ':'), int(packed%100), 2))
}

// digits reads a number that has digits only.
func digits(text string) (n int, ok bool) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// appendDigits appends the last digits of a number.
func appendDigits(text []byte, n, count int) []byte {
	start := len(text)
	for range count {
		text = append(text, '0')
	}
	for i := len(text) - 1; i >= start; i-- {
		text[i] = byte('0' + n%10)
		n /= 10
	}
	return text
}

// AppendPrivate appends the stored form of private answers to data: the version of the codec, their number, and each as texts.
func AppendPrivate(data []byte, answers []Answer) []byte {
	data = binary.AppendUvarint(append(data, codecVersion), uint64(len(answers)))
	for _, a := range answers {
		data = appendPlain(data, a)
	}
	return data
}

// Decode reads what [Append] wrote. find returns the vocabulary of a version of the questionnaire. The caller sets the
// response's survey and period. Its answers are read-only: choices of a single option are shared with the vocabulary and with
// other responses.
func Decode(data []byte, find func(version string) (*Vocabulary, error)) (Response, error) {
	d := decoder{data: data}
	r, err := d.response(find)
	if err != nil {
		return Response{}, fmt.Errorf("stored answers: %w", err)
	}
	return r, nil
}

// StoredID returns the id of a response that [Append] wrote, without decoding the rest.
func StoredID(data []byte) (string, error) {
	d := decoder{data: data}
	if err := d.version(); err != nil {
		return "", fmt.Errorf("stored answers: %w", err)
	}
	id := d.id(d.byte())
	if d.faulty {
		return "", fmt.Errorf("stored answers: %w", errDamaged)
	}
	return id, nil
}

// DecodePrivate reads what [AppendPrivate] wrote.
func DecodePrivate(data []byte) ([]Answer, error) {
	d := decoder{data: data}
	answers, err := d.private()
	if err != nil {
		return nil, fmt.Errorf("stored private answers: %w", err)
	}
	return answers, nil
}

var errDamaged = errors.New("the record is damaged")

// A decoder consumes data from its start. After a fault it returns zero values only.
type decoder struct {
	data   []byte
	faulty bool
}

func (d *decoder) fail() {
	d.faulty, d.data = true, nil
}

// end returns an error unless everything has been read, and could be.
func (d *decoder) end() error {
	if d.faulty || len(d.data) > 0 {
		return errDamaged
	}
	return nil
}

// version reads the version of the codec.
func (d *decoder) version() error {
	switch version := d.byte(); {
	case d.faulty:
		return errDamaged
	case version == 0 || version > codec.MaxVersion:
		return errDamaged
	case version > codecVersion:
		return fmt.Errorf("the record is of version %d, and this program reads up to %d: install a newer version of the program", version, codecVersion)
	}
	return nil
}

func (d *decoder) response(find func(version string) (*Vocabulary, error)) (Response, error) {
	if err := d.version(); err != nil {
		return Response{}, err
	}
	flags := d.byte()
	if flags&^allFlags != 0 {
		return Response{}, errors.New("the record is damaged, or has a part that this program does not know: install a newer version of the program")
	}
	r := Response{ID: d.id(flags), Withdrawn: flags&isTombstone != 0}
	if flags&hasTextVersion != 0 {
		r.Version = d.text()
	} else {
		r.Version = hex.EncodeToString(d.bytes(d.number()))
	}
	v := &Vocabulary{}
	if flags&hasVocabulary != 0 {
		checksum := d.bytes(checksumSize)
		if d.faulty {
			return Response{}, errDamaged
		}
		var err error
		if v, err = find(r.Version); err != nil {
			return Response{}, fmt.Errorf("they were given to version %s of the questionnaire: %w", r.Version, err)
		}
		if string(v.checksum[:]) != string(checksum) {
			return Response{}, fmt.Errorf("they were given to version %s of the questionnaire, and the definition stored under this version is another one: restore it from a backup", r.Version)
		}
	}
	r.Language = d.name(v.languages)
	r.Channel = d.name(v.channels)
	if flags&hasQuality != 0 {
		r.Quality = d.quality()
	}
	if flags&hasKeyed != 0 {
		r.Keyed = slices.Clone(d.bytes(DigestSize))
	}
	r.Answers = d.answers(v)
	return r, d.end()
}

// id reads the id of a response with the given flags.
func (d *decoder) id(flags byte) string {
	if flags&hasTextID != 0 {
		return d.text()
	}
	id := d.bytes(uint64(len(uuid.UUID{})))
	if d.faulty {
		return ""
	}
	return uuid.UUID(id).String()
}

// quality reads how a response came.
func (d *decoder) quality() Quality {
	flags, seconds := d.number(), d.number()
	if flags > math.MaxUint32 || seconds > math.MaxInt32 {
		d.fail()
		return Quality{}
	}
	return Quality{Flags(flags), int(seconds)}
}

func (d *decoder) private() ([]Answer, error) {
	if err := d.version(); err != nil {
		return nil, err
	}
	var answers []Answer
	if count := d.count(); count > 0 {
		answers = make([]Answer, 0, count)
		for len(answers) < count && !d.faulty {
			answers = append(answers, d.plain())
		}
	}
	return answers, d.end()
}

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.fail()
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.fail()
		return nil
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.data)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[size:]
	return n
}

func (d *decoder) signed() int64 {
	n, size := binary.Varint(d.data)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[size:]
	return n
}

// count reads the number of things that take at least one byte each.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.data)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return string(d.bytes(d.number())) }

// name reads a language or a channel.
func (d *decoder) name(known []string) string {
	switch n := d.number(); {
	case n == noName:
		return ""
	case n == textName:
		return d.text()
	case n-firstName < uint64(len(known)):
		return known[n-firstName]
	}
	d.fail()
	return ""
}

func (d *decoder) plain() Answer {
	a := make(Answer, 0, d.count())
	for range cap(a) {
		a = append(a, d.text())
	}
	return a
}

func (d *decoder) answers(v *Vocabulary) []Answer {
	count := d.count()
	if count == 0 {
		return nil
	}
	answers := make([]Answer, 0, count)
	next := 0
	for len(answers) < count && !d.faulty {
		token := d.byte()
		switch {
		case token == plainAnswer:
			answers = append(answers, d.plain())
		case token == atField:
			next = d.field(d.number(), v)
		case token >= skipOne && token <= skipMost:
			next = d.field(uint64(next)+uint64(token)-skipOne+1, v)
		case next >= len(v.terms):
			d.fail()
		default:
			t := &v.terms[next]
			next++
			if int(token) < len(t.choices) && token < skipOne {
				answers = append(answers, t.choices[token])
			} else {
				answers = append(answers, d.value(token, t))
			}
		}
	}
	return answers
}

// field returns the number of a field, if there is one.
func (d *decoder) field(n uint64, v *Vocabulary) int {
	if n >= uint64(len(v.terms)) {
		d.fail()
		return 0
	}
	return int(n)
}

// value reads the value of a field, behind its token.
func (d *decoder) value(token byte, t *term) Answer {
	switch token {
	case farOption:
		if i := d.number(); i < uint64(len(t.choices)) {
			return t.choices[i]
		}
	case someOptions:
		return d.options(t)
	case integer:
		return Answer{t.field, strconv.FormatInt(d.signed(), 10)}
	case thousandths:
		if n := decimal.Decimal(d.signed()); n >= -decimal.Max && n <= decimal.Max {
			return Answer{t.field, n.String()}
		}
	case date:
		if b := d.bytes(3); !d.faulty {
			if packed := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]); packed>>10 < 10_000 {
				return Answer{t.field, unpackDate(packed)}
			}
		}
	case clockTime:
		if n := d.number(); n < 10_000 {
			return Answer{t.field, unpackTime(n)}
		}
	case oneText:
		return Answer{t.field, d.text()}
	}
	d.fail()
	return nil
}

// options reads several options of a field.
func (d *decoder) options(t *term) Answer {
	set := d.bytes(uint64(len(t.options)+7) / 8)
	chosen := 0
	for _, b := range set {
		chosen += bits.OnesCount8(b)
	}
	a := append(make(Answer, 0, 1+chosen), t.field)
	for i, option := range t.options {
		if !d.faulty && set[i/8]>>(i%8)&1 != 0 {
			a = append(a, option)
		}
	}
	if len(a) != 1+chosen || chosen < 2 { // a bit without an option
		d.fail()
	}
	return a
}
