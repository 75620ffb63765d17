// Package starter creates a new questionnaire: from answers to a few questions, or as a copy of a sample.
package starter

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/advice"
	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// topics are the ready-made groups of questions, in the order in which they are asked.
var topics = []string{"overall", "product", "delivery", "service", "price", "recommend", "comments", "contact"}

// about says what the topics ask about.
var about = map[string]message.Key{
	"overall":   "satisfaction as a whole",
	"product":   "quality, ease of use, fit",
	"delivery":  "punctuality, condition, delivery staff",
	"service":   "response, manner, expertise, solutions",
	"price":     "price level, value, clarity of quotes",
	"recommend": "would they recommend you (0 to 10)",
	"comments":  "what to improve, in their own words",
	"contact":   "reply wanted? name, e-mail, phone",
}

// Draft holds the answers that a new questionnaire is made from.
type Draft struct {
	ID       string
	Email    string // of the contact; "" leaves an example in the file
	Comments string // the language of the comments in the file

	languages []string
	title     survey.Text
	purpose   survey.Text
	topics    []string
	scale     int
	period    string
	bands     []int // lower limits, highest first; none for no bands
	minutes   int
}

// Flags are the answers that a command line gives, as they were typed.
type Flags struct {
	Title, Purpose survey.Text // by language
	ID             string      // "" is made from File, or from the English title
	File           string      // the file to write; "" is surveys/ID.yaml
	Topics         string      // with commas
	Scale          int
	Period         string
	Bands          string // with commas, or "none"
	Email          string
}

// FromFlags makes a draft from flags. The error names the flag that is wrong.
func FromFlags(f Flags) (*Draft, error) {
	d := &Draft{title: survey.Text{}, purpose: survey.Text{}}
	for _, l := range []string{"zh", "en"} {
		if title := oneLine(f.Title[l]); title != "" {
			d.languages = append(d.languages, l)
			d.title[l], d.purpose[l] = title, oneLine(f.Purpose[l])
		}
	}
	if len(d.languages) == 0 {
		return nil, message.Errorf("the title is empty")
	}
	d.ID = f.suggestedID(d.title)
	for _, flag := range []struct {
		name, value string
		set         func(value string) error
	}{
		{"id", f.ID, d.setID}, {"topics", f.Topics, d.setTopics}, {"scale", strconv.Itoa(f.Scale), d.setScale},
		{"period", f.Period, d.setPeriod}, {"bands", f.Bands, d.setBands}, {"email", f.Email, d.setEmail},
	} {
		if flag.name == "id" && flag.value == "" {
			continue // the suggested one
		}
		if err := flag.set(flag.value); err != nil {
			return nil, message.Errorf("--%s %s: %w", flag.name, flag.value, err)
		}
	}
	return d, nil
}

// oneLine joins the lines of a text, and trims it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// maxSuggestion is the length of the longest id that is suggested. What an author types may be longer.
const maxSuggestion = 40

var (
	validID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	notInID = regexp.MustCompile(`[^a-z0-9]+`)
)

// suggestedID makes an id from the file's name, or from the English title.
func (f Flags) suggestedID(title survey.Text) string {
	if base := strings.TrimSuffix(filepath.Base(f.File), filepath.Ext(f.File)); f.File != "" && validID.MatchString(base) {
		return base
	}
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(title["en"]), "_"), "_")
	id = strings.TrimLeft(id, "0123456789_")
	id = strings.Trim(id[:min(maxSuggestion, len(id))], "_")
	if !validID.MatchString(id) {
		return "satisfaction"
	}
	return id
}

func (d *Draft) setID(value string) error {
	if !validID.MatchString(value) {
		return message.Errorf("an id begins with a letter a–z, and has only lower-case letters, digits, _ and -, 64 at most")
	}
	d.ID = value
	return nil
}

// fields splits a list at spaces and commas, Chinese ones too.
func fields(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '，' || c == '、' })
}

func (d *Draft) setTopics(value string) error {
	d.topics = nil
	chosen := map[string]bool{}
	for _, topic := range fields(value) {
		if n, err := strconv.Atoi(topic); err == nil && n >= 1 && n <= len(topics) {
			topic = topics[n-1]
		}
		if !slices.Contains(topics, topic) {
			return message.Errorf("there is no topic '%s': choose from %s", topic, strings.Join(topics, ", "))
		}
		chosen[topic] = true
	}
	for _, topic := range topics {
		if chosen[topic] {
			d.topics = append(d.topics, topic)
		}
	}
	if len(d.topics) == 0 {
		return message.Errorf("choose at least one topic")
	}
	return nil
}

func (d *Draft) setScale(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || !slices.Contains([]int{4, 5, 7, 10}, n) {
		return message.Errorf("a scale has 4, 5, 7 or 10 steps")
	}
	d.scale = n
	return nil
}

func (d *Draft) setPeriod(value string) error {
	if !slices.Contains([]string{"none", "month", "quarter", "year"}, value) {
		return message.Errorf("write none, month, quarter or year")
	}
	d.period = value
	return nil
}

// bandNames are the names of bands, in Chinese and English, by the number of limits.
var bandNames = map[int][][2]string{
	1: {{"满意", "Satisfied"}, {"不满意", "Dissatisfied"}},
	2: {{"满意", "Satisfied"}, {"一般", "Fair"}, {"不满意", "Dissatisfied"}},
	3: {{"非常满意", "Very satisfied"}, {"满意", "Satisfied"}, {"一般", "Fair"}, {"不满意", "Dissatisfied"}},
	4: {{"非常满意", "Very satisfied"}, {"满意", "Satisfied"}, {"一般", "Fair"}, {"不满意", "Dissatisfied"}, {"非常不满意", "Very dissatisfied"}},
}

const badBands message.Key = "write one to four whole numbers from 1 to 100, such as 80,70,60, or none"

func (d *Draft) setBands(value string) error {
	d.bands = nil
	if value == "none" {
		return nil
	}
	for _, limit := range fields(value) {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > 100 || slices.Contains(d.bands, n) {
			return badBands
		}
		d.bands = append(d.bands, n)
	}
	if bandNames[len(d.bands)] == nil {
		return badBands
	}
	slices.Sort(d.bands)
	slices.Reverse(d.bands)
	return nil
}

func (d *Draft) setEmail(value string) error {
	if value != "" && !survey.ValidEmail(value) {
		return message.Errorf("this is not an e-mail address such as name@example.com")
	}
	d.Email = value
	return nil
}

// Questionnaire returns the questionnaire, with the minutes that it takes, and the survey that it is.
func (d *Draft) Questionnaire() ([]byte, *survey.Survey, error) {
	d.minutes = 1
	for {
		source := d.yaml()
		s, problems := questionnaire.Parse(d.ID+".yaml", source)
		if s == nil {
			return nil, nil, message.Errorf("these answers make no good questionnaire: %w", problems)
		}
		longest := 0
		for _, l := range s.Languages {
			longest = max(longest, (advice.Seconds(s, l)+59)/60)
		}
		if longest <= d.minutes {
			return source, s, nil
		}
		d.minutes = longest
	}
}
