package answer_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

func options(ids ...string) []survey.Option {
	var all []survey.Option
	for _, id := range ids {
		all = append(all, survey.Option{ID: id})
	}
	return all
}

// surveyOf returns a survey whose questions are given, as far as storing answers to it needs it.
func surveyOf(version string, questions ...survey.Question) *survey.Survey {
	s := &survey.Survey{ID: "all", Version: version, Languages: []string{"zh", "en"}, Channels: []string{"web", "desk"}}
	s.Sections = []survey.Section{{ID: "one", Questions: questions}}
	s.Index()
	return s
}

// allTypes has a question of each type. Its fields are numbered in this order, and their options too.
func allTypes() *survey.Survey {
	return surveyOf("0123456789abcdef",
		survey.Question{ID: "single", Type: survey.SingleChoice, Options: options("a", "b", survey.Other)}, // fields 0 and 1
		survey.Question{ID: "multi", Type: survey.MultiChoice, Options: options("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9")},
		survey.Question{ID: "rating", Type: survey.Rating, Options: survey.Steps(1, 5)},
		survey.Question{ID: "nps", Type: survey.NPS, Options: survey.Steps(0, 10)},
		survey.Question{ID: "note", Type: survey.Note},
		survey.Question{ID: "matrix", Type: survey.Matrix, Options: options("good", "poor"), Rows: []survey.Row{{ID: "r1"}, {ID: "r2"}}},                                                // 5, 6
		survey.Question{ID: "both", Type: survey.ImportanceMatrix, Options: options("good", "poor"), Importance: options("much", "little"), Rows: []survey.Row{{ID: "r1"}, {ID: "r2"}}}, // 7 to 10
		survey.Question{ID: "rank", Type: survey.Ranking, AtMost: 2, Options: options("x", "y", "z")},                                                                                   // 11 to 13
		survey.Question{ID: "share", Type: survey.ConstantSum, Options: options("x", "y")},                                                                                              // 14, 15
		survey.Question{ID: "number", Type: survey.Number},
		survey.Question{ID: "short", Type: survey.ShortText},
		survey.Question{ID: "long", Type: survey.LongText},
		survey.Question{ID: "mail", Type: survey.Email},
		survey.Question{ID: "phone", Type: survey.Phone},
		survey.Question{ID: "url", Type: survey.URL},
		survey.Question{ID: "date", Type: survey.DateType},
		survey.Question{ID: "time", Type: survey.Time},
		survey.Question{ID: "yes_no", Type: survey.YesNo},
		survey.Question{ID: "consent", Type: survey.Consent},
		survey.Question{ID: "hidden", Type: survey.Hidden},
		survey.Question{ID: "source", Type: survey.Hidden, Options: options("flyer", "till")},
	)
}

// only finds one vocabulary.
func only(s *survey.Survey) func(string) (*answer.Vocabulary, error) {
	v := answer.NewVocabulary(s)
	return func(version string) (*answer.Vocabulary, error) {
		if version != s.Version {
			return nil, errors.New("no such version")
		}
		return v, nil
	}
}

// stored lists responses to allTypes and the bytes that they are stored as. What is written here can be in a store: these
// bytes must always be read like this. The 3 bytes after the version are the vocabulary's checksum, and change if anything is
// numbered in another way.
var stored = []struct {
	name     string
	response answer.Response
	hex      string // spaces for reading
}{
	{"every type", answer.Response{ID: id, Version: "0123456789abcdef", Language: "en", Channel: "web", Answers: []answer.Answer{
		{"single", "b"}, {"multi", "c1", "c9"}, {"rating", "5"}, {"nps", "0"}, {"matrix.r1", "good"}, {"matrix.r2", "poor"},
		{"both.r1.importance", "much"}, {"both.r1.satisfaction", "poor"}, {"both.r2.satisfaction", "good"},
		{"rank.x", "2"}, {"rank.z", "1"}, {"share.x", "60"}, {"share.y", "40.5"}, {"number", "-0.125"}, {"short", "Tee"}, {"long", "好"},
		{"mail", "li@example.com"}, {"phone", "13800000000"}, {"url", "a.example"}, {"date", "2026-11-29"}, {"time", "13:05"},
		{"yes_no", "no"}, {"consent", "yes"}, {"hidden", "B-7"}, {"source", "till"},
	}}, "01 08 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 03 02 19" +
		" 01 c0 e30101 04 00 00 01 00 01 c0 00 01 c0 00 e478 e5e8f804 e5f901 e803546565 e803e5a5bd" +
		" e80e6c69406578616d706c652e636f6d e480a8dae866 e809612e6578616d706c65 e61fa97d e7990a 01 00 e803422d37 01"},
	{"nothing but the id", answer.Response{ID: id, Version: "0123456789abcdef"}, "01 08 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 00 00 00"},
	{"other", answer.Response{ID: id, Version: "0123456789abcdef", Language: "zh", Answers: []answer.Answer{{"single", "_other"}, {"single._other", "x"}}}, "01 08 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 02 00 02 02 e80178"},
	{"tombstone", answer.Response{ID: id, Version: "0123456789abcdef", Withdrawn: true, Answers: []answer.Answer{{"source", "flyer"}}}, "01 09 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 00 00 01 da 00"},
	{"how it came", answer.Response{ID: id, Version: "0123456789abcdef", Language: "zh", Quality: answer.Quality{Flags: answer.Watched | answer.Rate, Seconds: 300}, Answers: []answer.Answer{{"single", "a"}}}, "01 48 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 02 00 09 ac02 01 00"},
	{"answers that the handler has sealed", answer.Response{ID: id, Version: "0123456789abcdef", Language: "zh", Quality: answer.Quality{Flags: answer.Watched}, Keyed: []byte("0123456789abcdef"), Answers: []answer.Answer{{"short", "seal1.A"}}}, "01 58 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 02 00 01 00 30313233343536373839616263646566 01 d0 e8077365616c312e41"},
	{"the tombstone of what a rule holds", answer.Response{ID: id, Version: "0123456789abcdef", Withdrawn: true, Quality: answer.Quality{Flags: answer.Watched | answer.Honeypot}}, "01 49 6f1c3f0e52f14d6b9a520b4f3f1f7a11 080123456789abcdef e34adf 00 00 03 00 00"},
	{"names that the questionnaire does not have", answer.Response{ID: "an id", Version: "0123456789abcdef", Language: "fr", Channel: "owl", Answers: []answer.Answer{
		{"gone", "a"}, {"single", "c"}, {"multi", "c2", "c1"}, {"rating", "5"}, {"rating"}, {}, {"single", "a"},
	}}, "01 0a 05616e206964 080123456789abcdef e34adf 01026672 01036f776c 07" +
		" e10204676f6e650161 e80163 e103056d756c746902633202 6331 c1 04 e10106726174696e67 e100 e000 00"},
	{"another version", answer.Response{ID: id, Version: "v1", Language: "en", Answers: []answer.Answer{{"single", "a"}}}, "01 04 6f1c3f0e52f14d6b9a520b4f3f1f7a11 027631 0102656e 00 01 e1020673696e676c650161"},
}

func TestStoredForm(t *testing.T) {
	s := allTypes()
	v := answer.NewVocabulary(s)
	for _, c := range stored {
		want := strings.ReplaceAll(c.hex, " ", "")
		if got := hex.EncodeToString(answer.Append(nil, c.response, v)); got != want {
			t.Errorf("%s is stored as\n%s, want\n%s", c.name, got, want)
		}
		data, err := hex.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := answer.Decode(data, only(s)); err != nil || !reflect.DeepEqual(got, c.response) {
			t.Errorf("%s is read as\n%+v, %v; want\n%+v", c.name, got, err, c.response)
		}
	}
}

// TestStoredFormOfPrivateAnswers pins bytes as TestStoredForm does.
func TestStoredFormOfPrivateAnswers(t *testing.T) {
	for want, answers := range map[string][]answer.Answer{
		"0100":                                   nil,
		"01020204746f6c640131030171027831027832": {{"told", "1"}, {"q", "x1", "x2"}},
	} {
		if got := hex.EncodeToString(answer.AppendPrivate(nil, answers)); got != want {
			t.Errorf("%v is stored as %s, want %s", answers, got, want)
		}
		data, err := hex.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := answer.DecodePrivate(data); err != nil || !reflect.DeepEqual(got, answers) {
			t.Errorf("%s is read as %v, %v", want, got, err)
		}
	}
}

// TestValues lists values with the number of bytes that each takes.
func TestValues(t *testing.T) {
	s := surveyOf("00", survey.Question{ID: "q", Type: survey.ShortText})
	size := func(r answer.Response) int { return len(answer.Append(nil, r, answer.NewVocabulary(s))) }
	for value, want := range map[string]int{
		"0": 2, "-1": 2, "63": 2, "64": 3, "9223372036854775807": 11, "9223372036854775808": 21, "-0": 4, "+1": 4, "01": 4, "1.0": 5, "1.50": 6,
		"0.5": 3, "-1000000000": 6, "1000000000.001": 16, "999999999.999": 7, "12.1234": 9, "": 2, "1e3": 5,
		"2026-11-29": 4, "0000-00-00": 4, "9999-31-31": 4, "2026-11-32": 12, "2026-11-2": 11, "2026/11/29": 12, "２０２６-11-29": 20,
		"23:59": 3, "99:99": 3, "00:00": 2, "9:00": 6, "24-00": 7, "yes": 5, "\xff": 3, "a\x00b": 5,
	} {
		r := answer.Response{ID: id, Version: "00", Answers: []answer.Answer{{"q", value}}}
		got, err := answer.Decode(answer.Append(nil, r, answer.NewVocabulary(s)), only(s))
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%q is read as %q, %v", value, got.Answers, err)
		}
		r.Answers = nil
		without := size(r)
		r.Answers = []answer.Answer{{"q", value}}
		if got := size(r) - without; got != want {
			t.Errorf("%q takes %d bytes, want %d", value, got, want)
		}
	}
}

// TestThirtyChoices states what thirty answers take.
func TestThirtyChoices(t *testing.T) {
	s, r := thirtyChoices()
	if size := len(answer.Append(nil, r, answer.NewVocabulary(s))); size != 63 {
		t.Errorf("thirty choices take %d bytes, want 63", size)
	}
}

// thirtyChoices returns a questionnaire of thirty ratings, and a response with all of them.
func thirtyChoices() (*survey.Survey, answer.Response) {
	var questions []survey.Question
	r := answer.Response{ID: id, Version: "0123456789abcdef", Language: "zh", Channel: "web"}
	for i := range 30 {
		name := fmt.Sprintf("question_%d", i)
		questions = append(questions, survey.Question{ID: name, Type: survey.Rating, Options: survey.Steps(1, 5)})
		r.Answers = append(r.Answers, answer.Answer{name, strconv.Itoa(1 + i*i%5)})
	}
	return surveyOf(r.Version, questions...), r
}

// TestSharedChoices: appending to a decoded answer leaves the vocabulary and other responses alone.
func TestSharedChoices(t *testing.T) {
	s, r := thirtyChoices()
	find := only(s)
	data := answer.Append(nil, r, answer.NewVocabulary(s))
	one, err := answer.Decode(data, find)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range one.Answers {
		_ = append(a, "more")
	}
	if again, err := answer.Decode(data, find); err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	s := allTypes()
	v := answer.NewVocabulary(s)
	data := answer.Append(nil, stored[0].response, v)
	with := func(at int, b byte) []byte {
		changed := bytes.Clone(data)
		changed[at] = b
		return changed
	}
	other := *s
	other.Channels = []string{"desk", "web"}
	for _, c := range []struct {
		name, want string
		data       []byte
		find       func(string) (*answer.Vocabulary, error)
	}{
		{"nothing", "damaged", nil, only(s)},
		{"more behind it", "damaged", append(bytes.Clone(data), 0), only(s)},
		{"a newer record", "install a newer version", with(0, 2), only(s)},
		{"JSON", "damaged", []byte(`{"id":"x"}`), only(s)},
		{"an unknown flag", "install a newer version", with(1, 0x80|data[1]), only(s)},
		{"a version that is not stored", "version 2223456789abcdef of the questionnaire: no such version", with(19, 0x22), only(s)},
		{"another checksum", "version 0123456789abcdef of the questionnaire, and the definition", with(27, ^data[27]), only(s)},
		{"another questionnaire", "version 0123456789abcdef of the questionnaire, and the definition", data, only(&other)},
	} {
		if got, err := answer.Decode(c.data, c.find); err == nil || !strings.Contains(err.Error(), c.want) || !reflect.DeepEqual(got, answer.Response{}) {
			t.Errorf("%s: %+v, %v; want %q", c.name, got, err, c.want)
		}
	}
	for n := range data {
		if got, err := answer.Decode(data[:n], only(s)); err == nil {
			t.Fatalf("the first %d bytes of %d are read as %+v", n, len(data), got)
		}
	}
	private := answer.AppendPrivate(nil, stored[0].response.Answers)
	for n := range private {
		if got, err := answer.DecodePrivate(private[:n]); err == nil {
			t.Fatalf("the first %d bytes of %d are read as %+v", n, len(private), got)
		}
	}
}

// TestVocabularyChecksum: whatever changes a number changes the checksum.
func TestVocabularyChecksum(t *testing.T) {
	r := answer.Response{ID: id, Version: "00"}
	record := func(change func(*survey.Survey)) string {
		s := surveyOf("00",
			survey.Question{ID: "q", Type: survey.SingleChoice, Options: options("a", "b")}, survey.Question{ID: "r", Type: survey.ShortText})
		change(s)
		s.Index()
		return string(answer.Append(nil, r, answer.NewVocabulary(s)))
	}
	seen := map[string]int{}
	for i, change := range []func(*survey.Survey){
		func(*survey.Survey) {},
		func(s *survey.Survey) { slices.Reverse(s.Languages) },
		func(s *survey.Survey) { s.Channels = s.Channels[:1] },
		func(s *survey.Survey) { s.Languages, s.Channels = []string{"zh"}, []string{"en", "web", "desk"} },
		func(s *survey.Survey) { slices.Reverse(s.Sections[0].Questions) },
		func(s *survey.Survey) { slices.Reverse(s.Sections[0].Questions[0].Options) },
		func(s *survey.Survey) { s.Sections[0].Questions[0].Options[1].ID = "c" },
		func(s *survey.Survey) { s.Sections[0].Questions[1].ID = "s" },
		func(s *survey.Survey) { s.Sections[0].Questions[1].Options = options("a") },
	} {
		data := record(change)
		if first, is := seen[data]; is {
			t.Errorf("changes %d and %d have one checksum", first, i)
		}
		seen[data] = i
	}
	if record(func(s *survey.Survey) { s.Title = survey.Text{"en": "New"} }) != record(func(*survey.Survey) {}) {
		t.Error("a title changes the checksum")
	}
}

// drawSurvey draws a questionnaire: few or many fields, with few or many options.
func drawSurvey(t *rapid.T) *survey.Survey {
	var questions []survey.Question
	for i := range rapid.IntRange(0, 60).Draw(t, "questions") {
		q := survey.Question{ID: fmt.Sprintf("q%d", i)}
		q.Type = rapid.SampledFrom([]survey.Type{survey.SingleChoice, survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.Matrix,
			survey.ImportanceMatrix, survey.Ranking, survey.ConstantSum, survey.Number, survey.LongText, survey.YesNo, survey.Hidden, survey.Note}).Draw(t, "type")
		for j := range rapid.SampledFrom([]int{1, 2, 5, 8, 9, 17, 191, 192, 193, 300}).Draw(t, "options") {
			q.Options = append(q.Options, survey.Option{ID: fmt.Sprintf("o%d", j)})
		}
		q.Importance, q.AtMost = q.Options[:1], 2
		for j := range rapid.IntRange(1, 40).Draw(t, "rows") {
			q.Rows = append(q.Rows, survey.Row{ID: fmt.Sprintf("r%d", j)})
		}
		questions = append(questions, q)
	}
	return surveyOf(rapid.SampledFrom([]string{"", "00", "0123456789abcdef", "ABCD", "v1"}).Draw(t, "version"), questions...)
}

var texts = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "0", "12", "-3.5", "1.500", "2026-02-30", "07:30", "yes", "o1"}),
	rapid.Map(rapid.Float64(), func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))

// drawResponse draws a response, with mostly what a questionnaire has, mostly in its order.
func drawResponse(t *rapid.T, s *survey.Survey) answer.Response {
	r := answer.Response{
		ID:        rapid.OneOf(rapid.Just(uuid.New().String()), rapid.SampledFrom([]string{"", strings.ToUpper(id), "urn:uuid:" + id}), texts).Draw(t, "id"),
		Version:   rapid.OneOf(rapid.Just(s.Version), rapid.Just(s.Version), texts).Draw(t, "version"),
		Language:  rapid.OneOf(rapid.SampledFrom(s.Languages), texts).Draw(t, "language"),
		Channel:   rapid.OneOf(rapid.SampledFrom(s.Channels), texts).Draw(t, "channel"),
		Withdrawn: rapid.Bool().Draw(t, "withdrawn"),
		Quality: answer.Quality{
			Flags:   rapid.OneOf(rapid.Just(answer.Flags(0)), rapid.Map(rapid.Uint32(), func(n uint32) answer.Flags { return answer.Flags(n) })).Draw(t, "flags"),
			Seconds: rapid.SampledFrom([]int{0, 0, 1, 300}).Draw(t, "seconds"),
		},
	}
	if rapid.IntRange(0, 3).Draw(t, "keyed") == 0 {
		r.Keyed = rapid.SliceOfN(rapid.Byte(), answer.DigestSize, answer.DigestSize).Draw(t, "digest")
	}
	value := func(f survey.Field) string {
		if known := f.Options(); len(known) > 0 && rapid.IntRange(0, 9).Draw(t, "known") > 0 {
			return rapid.SampledFrom(known).Draw(t, "option").ID
		}
		return texts.Draw(t, "value")
	}
	for _, f := range s.Fields() {
		switch rapid.IntRange(0, 9).Draw(t, "answered") {
		case 0, 1, 2:
		case 3: // several options, in their order or not
			a := answer.Answer{f.Name}
			for range rapid.IntRange(0, 5).Draw(t, "several") {
				a = append(a, value(f))
			}
			r.Answers = append(r.Answers, a)
		case 4:
			r.Answers = append(r.Answers, rapid.SliceOfN(texts, 0, 3).Draw(t, "unknown"))
		default:
			r.Answers = append(r.Answers, answer.Answer{f.Name, value(f)})
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "disorder") == 0 {
		r.Answers = rapid.Permutation(r.Answers).Draw(t, "order")
	}
	return r
}

// TestEveryResponseIsReadAsItWasStored stores responses that fit their questionnaire and others that do not, with its
// vocabulary and without.
func TestEveryResponseIsReadAsItWasStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSurvey(t)
		r := drawResponse(t, s)
		for name, v := range map[string]*answer.Vocabulary{"with": answer.NewVocabulary(s), "without": nil} {
			got, err := answer.Decode(answer.Append([]byte("before"), r, v)[len("before"):], only(s))
			if err != nil || !equal(got, r) {
				t.Fatalf("%s the vocabulary: %v\n%+v\n%+v", name, err, got, r)
			}
		}
		got, err := answer.DecodePrivate(answer.AppendPrivate(nil, r.Answers))
		if err != nil || !equal(answer.Response{Answers: got}, answer.Response{Answers: r.Answers}) {
			t.Fatalf("private: %v\n%+v\n%+v", err, got, r.Answers)
		}
	})
}

// equal compares responses, for which none and an empty list are the same.
func equal(a, b answer.Response) bool {
	same := slices.EqualFunc(a.Answers, b.Answers, func(a, b answer.Answer) bool { return slices.Equal(a, b) })
	a.Answers, b.Answers = nil, nil
	return same && reflect.DeepEqual(a, b)
}

// FuzzDecodeStored: whatever is read can be stored again and is read alike.
func FuzzDecodeStored(f *testing.F) {
	s := allTypes()
	v := answer.NewVocabulary(s)
	for _, c := range stored {
		f.Add(answer.Append(nil, c.response, v))
		f.Add(answer.Append(nil, c.response, nil))
		f.Add(answer.AppendPrivate(nil, c.response.Answers))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := answer.Decode(data, only(s)); err == nil {
			if again, err := answer.Decode(answer.Append(nil, r, v), only(s)); err != nil || !equal(again, r) {
				t.Errorf("%x is read as %+v, and then as %+v, %v", data, r, again, err)
			}
		}
		if answers, err := answer.DecodePrivate(data); err == nil {
			again, err := answer.DecodePrivate(answer.AppendPrivate(nil, answers))
			if err != nil || !equal(answer.Response{Answers: again}, answer.Response{Answers: answers}) {
				t.Errorf("%x is read as %+v, and then as %+v, %v", data, answers, again, err)
			}
		}
	})
}

// TestDecodeTakesLittleMemory reads records that claim to be large.
func TestDecodeTakesLittleMemory(t *testing.T) {
	s := allTypes()
	many := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}
	head := answer.Append(nil, answer.Response{ID: id, Version: s.Version}, answer.NewVocabulary(s))
	head = head[:len(head)-1] // without the number of answers
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, data := range [][]byte{
		append(bytes.Clone(head), many...),
		append(append(bytes.Clone(head), 1, 0xe1), many...),
		append(append(bytes.Clone(head), 1, 0xe8), many...),
		append(append(bytes.Clone(head), 1, 0xe0), many...),
		append([]byte{1}, many...),
		append([]byte{1, 1}, many...),
	} {
		if r, err := answer.Decode(data, only(s)); err == nil {
			t.Errorf("%x is read as %+v", data, r)
		}
		if answers, err := answer.DecodePrivate(data); err == nil {
			t.Errorf("%x is read as %+v", data, answers)
		}
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; bits.Len64(taken) > 24 {
		t.Errorf("%d bytes", taken)
	}
}

func BenchmarkStored(b *testing.B) {
	s, r := thirtyChoices()
	v, find := answer.NewVocabulary(s), only(s)
	data := answer.Append(nil, r, v)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data = answer.Append(data[:0], r, v)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := answer.Decode(data, find); err != nil {
				b.Fatal(err)
			}
		}
	})
}
