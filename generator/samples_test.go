package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/advice"
	"glasspoll/internal/console"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

var update = flag.Bool("update", false, "photograph the question types for the author's guide (needs chromium); look at the pictures before you keep them")

const (
	samplesDir = "../surveys"
	docsDir    = "../docs"
	maxPicture = 25 << 10 // bytes
)

// samples returns the questionnaires that are shipped.
func samples(t *testing.T) []*survey.Survey {
	t.Helper()
	surveys, problems, err := project.NewLibrary(samplesDir).Read()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return surveys
}

// The samples, which authors copy and the demo fills, are in Chinese and English, and have scores and results.
func TestSamples(t *testing.T) {
	surveys := samples(t)
	if len(surveys) < 12 {
		t.Errorf("%d samples, want twelve at least", len(surveys))
	}
	var types []survey.Type
	for _, s := range surveys {
		if !slices.Equal(s.Languages, []string{"zh", "en"}) {
			t.Errorf("%s: languages %v, want zh and en", s.ID, s.Languages)
		}
		if w := s.Window; w != (survey.Window{}) && (w.From < "2026-10-01" || w.From > "2027-12-31" || w.Until > "2027-12-31" || w.Until < w.From) {
			t.Errorf("%s: window %v, want none or one from October 2026 to December 2027", s.ID, w)
		}
		if len(s.Scoring.Bands) == 0 || s.Minutes == 0 || s.Contact == nil || len(s.Thanks) == 0 || len(s.Intro) == 0 {
			t.Errorf("%s: bands, minutes, contact, thanks or intro is missing", s.ID)
		}
		name := s.ID + ".yaml"
		source, err := os.ReadFile(filepath.Join(samplesDir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []string{"scoring", "results"} {
			if !bytes.Contains(source, []byte("\n"+section+":\n")) {
				t.Errorf("%s: no section %s", s.ID, section)
			}
		}
		for _, a := range advice.Of(s, name, source) {
			t.Error(a)
		}
		for q := range s.Questions() {
			types = append(types, q.Type)
		}
	}
	for _, want := range everyType {
		if !slices.Contains(types, want) {
			t.Errorf("no sample has a question of type %s", want)
		}
	}
}

var everyType = []survey.Type{survey.SingleChoice, survey.MultiChoice, survey.Rating, survey.NPS, survey.Matrix, survey.ImportanceMatrix,
	survey.Ranking, survey.ConstantSum, survey.Number, survey.ShortText, survey.LongText, survey.Email, survey.Phone, survey.URL,
	survey.DateType, survey.Time, survey.YesNo, survey.Consent, survey.Note, survey.Hidden}

// guides are the author's guides, by language.
var guides = map[string]string{"zh": "authors.zh.md", "en": "authors.en.md"}

// block is one example in a guide.
type block struct {
	line     int    // of the guide, where the example begins
	info     string // what follows the opening back quotes: yaml, "yaml wrong", text, sh
	text     string
	messages string // the messages in the text block that follows, if the example is wrong
	picture  string // the picture that follows, by its path from the guide
}

var pictureLine = regexp.MustCompile(`^!\[[^\]]+\]\(([^)]+)\)$`)

func readGuide(t *testing.T, language string) (text string, blocks []block) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(docsDir, guides[language]))
	if err != nil {
		t.Fatal(err)
	}
	var open *block
	var last *block
	for i, line := range strings.Split(string(source), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case open == nil && fence:
			open = &block{line: i + 2, info: info}
		case fence:
			switch {
			case strings.HasPrefix(open.info, "yaml"):
				blocks = append(blocks, *open)
				last = &blocks[len(blocks)-1]
			case last != nil && last.info == "yaml wrong" && open.info == "text" && last.messages == "":
				last.messages = open.text
			}
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.TrimSpace(line) == "":
		default:
			if found := pictureLine.FindStringSubmatch(line); found != nil && last != nil {
				last.picture = found[1]
			} else if last != nil && last.info != "yaml wrong" {
				last = nil // only what follows an example directly belongs to it
			}
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block is not closed", guides[language], open.line)
	}
	return string(source), blocks
}

const exampleScales = `scales:
  satisfaction:
    - {id: very_satisfied, label: {zh: 很满意, en: Very satisfied}, score: 5}
    - {id: satisfied, label: {zh: 满意, en: Satisfied}, score: 4}
    - {id: neutral, label: {zh: 一般, en: Neutral}, score: 3}
    - {id: dissatisfied, label: {zh: 不满意, en: Dissatisfied}, score: 2}
    - {id: very_dissatisfied, label: {zh: 很不满意, en: Very dissatisfied}, score: 1}
`

const exampleImportance = `  importance:
    - {id: very_important, label: {zh: 很重要, en: Very important}, score: 3}
    - {id: important, label: {zh: 重要, en: Important}, score: 2}
    - {id: unimportant, label: {zh: 不重要, en: Not important}, score: 1}
`

// complete makes a questionnaire of an example that is only a list of questions.
func (b block) complete(t *testing.T, language, id string) string {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(b.text), &root); err != nil || len(root.Content) == 0 {
		return b.text
	}
	if strings.HasPrefix(b.text, "quality:") { // a key on its own
		return "title: T\n" + b.text + "sections: [{questions: [{id: any, type: nps, label: L}]}]\n"
	}
	if root.Content[0].Kind != yaml.SequenceNode {
		return b.text
	}
	var out strings.Builder
	fmt.Fprintf(&out, "id: %s\ntitle: T\nlanguages: [%s]\n", id, language)
	notes := strings.Count(b.text, "type: ") == strings.Count(b.text, "type: note\n") // and a survey asks something
	if notes {
		out.WriteString("channels: [phone]\n")
	}
	if strings.Contains(b.text, "scale: satisfaction") {
		for _, line := range strings.SplitAfter(exampleScales, "\n") {
			out.WriteString(only(line, language))
		}
	}
	if strings.Contains(b.text, "importance_scale: importance") {
		for _, line := range strings.SplitAfter(exampleImportance, "\n") {
			out.WriteString(only(line, language))
		}
	}
	out.WriteString("sections:\n  - questions:\n")
	for _, line := range strings.SplitAfter(b.text, "\n") {
		if line != "" {
			out.WriteString("      " + line)
		}
	}
	if notes {
		out.WriteString("      - {id: unseen, type: yes_no, label: L, show_if: channel == \"phone\"}\n")
	}
	return out.String()
}

var bilingual = regexp.MustCompile(`\{zh: ([^,}]*), en: ([^,}]*)\}`)

// only keeps one language of a line.
func only(line, language string) string {
	return bilingual.ReplaceAllString(line, map[string]string{"zh": "$1", "en": "$2"}[language])
}

// Every example of the guides has no problems, or those that the guide says; both guides have the same examples.
func TestGuideExamples(t *testing.T) {
	structures := map[string][]any{}
	for language, name := range guides {
		_, blocks := readGuide(t, language)
		if len(blocks) < 30 {
			t.Errorf("%s: %d examples, which is too few to be all of them", name, len(blocks))
		}
		for _, b := range blocks {
			at := fmt.Sprintf("%s:%d", name, b.line)
			s, problems := questionnaire.Parse("surveys/counter.yaml", []byte(b.complete(t, language, "counter")))
			switch {
			case b.info == "yaml wrong":
				var got strings.Builder
				for _, p := range problems {
					fmt.Fprintln(&got, p.In(language))
				}
				if got.String() != b.messages || b.messages == "" {
					t.Errorf("%s: check says\n%sand the guide\n%s", at, got.String(), b.messages)
				}
				structures[language] = append(structures[language], len(problems))
			case len(problems) > 0:
				t.Errorf("%s: %v", at, problems)
			default:
				var structure any
				if err := json.Unmarshal(s.Encode(), &structure); err != nil {
					t.Fatal(err)
				}
				structures[language] = append(structures[language], wordless(structure))
			}
		}
	}
	for i := range min(len(structures["zh"]), len(structures["en"])) {
		if !reflect.DeepEqual(structures["zh"][i], structures["en"][i]) {
			t.Errorf("example %d differs in zh and en:\n%v\n%v", i+1, structures["zh"][i], structures["en"][i])
		}
	}
	if len(structures["zh"]) != len(structures["en"]) {
		t.Errorf("%d examples in zh, %d in en", len(structures["zh"]), len(structures["en"]))
	}
}

// wordless removes from a compiled survey what depends on the language.
func wordless(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			texts, isText := value.(map[string]any)
			isText = isText && len(texts) > 0 && (texts["zh"] != nil || texts["en"] != nil)
			if isText || slices.Contains([]string{"version", "shape", "languages", "document"}, key) {
				delete(v, key)
				continue
			}
			v[key] = wordless(value)
		}
	case []any:
		for i := range v {
			v[i] = wordless(v[i])
		}
	}
	return v
}

var conditionSpan = regexp.MustCompile("`(show_if|required): ([^`]+)`")

// The conditions that the guides show within a line are valid for the questions of their example.
func TestGuideConditions(t *testing.T) {
	for language, name := range guides {
		text, blocks := readGuide(t, language)
		at := slices.IndexFunc(blocks, func(b block) bool { return strings.Contains(b.text, "show_if: member\n") })
		if at < 0 {
			t.Fatalf("%s: the example of the conditions is missing", name)
		}
		found := conditionSpan.FindAllStringSubmatch(text, -1)
		examples := 0
		for _, c := range found {
			if strings.Contains(c[2], "…") || c[2] == "true" || c[2] == "all" || strings.HasPrefix(c[2], "[") || c[2] == "work_again" {
				continue // not a whole condition, or of another example
			}
			examples++
			source := blocks[at].text + fmt.Sprintf("  - id: another\n    questions:\n      - {id: question, type: yes_no, label: L, %s: '%s'}\n", c[1], strings.ReplaceAll(c[2], "'", "''"))
			if _, problems := questionnaire.Parse("counter.yaml", []byte(source)); len(problems) > 0 {
				t.Errorf("%s: `%s: %s`: %v", name, c[1], c[2], problems)
			}
		}
		if examples < 10 {
			t.Errorf("%s: %d conditions, want ten at least", name, examples)
		}
	}
}

// Each type has a section, an example and a picture in each guide, and each picture shows the current example above it. With
// -update the pictures are made.
func TestPictures(t *testing.T) {
	if *update {
		photograph(t)
	}
	used := map[string]bool{}
	for language, name := range guides {
		text, blocks := readGuide(t, language)
		for _, want := range everyType {
			if !strings.Contains(text, "`"+string(want)+"`\n\n") {
				t.Errorf("%s: no section about %s", name, want)
			}
			if !slices.ContainsFunc(blocks, func(b block) bool {
				return b.picture == pictureOf(want, language) && strings.Contains(b.text, "type: "+string(want)+"\n")
			}) {
				t.Errorf("%s: no example of %s with the picture %s", name, want, pictureOf(want, language))
			}
		}
		for _, found := range regexp.MustCompile(`!\[[^\]]*\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			used[found[1]] = true
			if _, err := os.Stat(filepath.Join(docsDir, found[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, b := range blocks {
			if b.picture == "" {
				continue
			}
			data, err := os.ReadFile(filepath.Join(docsDir, b.picture))
			if err != nil {
				continue // reported above
			}
			if _, err := png.Decode(bytes.NewReader(data)); err != nil {
				t.Errorf("%s: %v", b.picture, err)
			}
			if len(data) > maxPicture {
				t.Errorf("%s has %d bytes, and at most %d are allowed", b.picture, len(data), maxPicture)
			}
			if !bytes.Contains(data, []byte(b.mark())) {
				t.Errorf("%s:%d: %s is not a picture of this example: run go test ./generator -run TestPictures -update", name, b.line, b.picture)
			}
		}
	}
	kept, err := filepath.Glob(filepath.Join(docsDir, "pictures", "*.*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		if !used["pictures/"+filepath.Base(path)] {
			t.Errorf("%s is not used in any guide", path)
		}
	}
}

func pictureOf(t survey.Type, language string) string {
	return fmt.Sprintf("pictures/%s.%s.png", t, language)
}

// mark is stored in a picture, and identifies the example that it shows.
func (b block) mark() string {
	sum := sha256.Sum256([]byte(b.text))
	return "example\x00" + hex.EncodeToString(sum[:8])
}

// bareStyle shows only the questions of a page, on white.
const bareStyle = `
header, footer, .intro, .send, .facts, .skip, form > :not(section) { display: none !important; }
html, body { background: #fff !important; padding: 0 12px !important; margin: 0 !important; max-width: 744px !important; }
section { border: 0 !important; padding: 0 !important; margin: 0 !important; }
* { transition: none !important; animation: none !important; }
`

// photograph renders every example that has a picture, and writes the picture.
func photograph(t *testing.T) {
	surveys, out := t.TempDir(), t.TempDir()
	examples := map[string]block{} // by survey id
	for language := range guides {
		_, blocks := readGuide(t, language)
		for _, b := range blocks {
			if b.picture == "" {
				continue
			}
			id := strings.NewReplacer(".png", "", ".", "_").Replace(filepath.Base(b.picture))
			examples[id] = b
			if err := os.WriteFile(filepath.Join(surveys, id+".yaml"), []byte(b.complete(t, language, id)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	templates := filepath.Join(out, "templates")
	if err := os.CopyFS(templates, os.DirFS("../templates")); err != nil {
		t.Fatal(err)
	}
	style, err := os.OpenFile(filepath.Join(templates, "style.css"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = style.WriteString(bareStyle)
	if err := errors.Join(err, style.Close()); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	site := filepath.Join(out, "site")
	if code := run(context.Background(), []string{"build", "--surveys", surveys, "--out", site, "--templates", templates}, nil, &output, &output); code != console.ExitOK {
		t.Fatalf("build: %s", output.String())
	}
	server := httptest.NewServer(http.FileServer(http.Dir(site)))
	defer server.Close()
	for id, b := range examples {
		shot := filepath.Join(out, id+".png")
		query := ""
		if strings.Contains(b.text, "type: hidden") {
			query = "?tier=key"
		}
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		command := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--virtual-time-budget=3000", "--window-size=768,1600", "--user-data-dir="+filepath.Join(out, "profile"), "--screenshot="+shot,
			server.URL+"/"+id+"/"+query)
		output, err := command.CombinedOutput()
		stop()
		if err != nil {
			t.Fatalf("chromium: %v\n%s", err, output)
		}
		f, err := os.Open(shot)
		if err != nil {
			t.Fatalf("chromium made no picture: %v\n%s", err, output)
		}
		full, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		picture, err := b.keep(full)
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		path := filepath.Join(docsDir, b.picture)
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, picture) {
			continue
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// keep crops a screenshot to what is not white, reduces its colours, and adds the mark of the example.
func (b block) keep(full image.Image) ([]byte, error) {
	const margin = 12
	var used image.Rectangle
	bounds := full.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, g, b, _ := full.At(x, y).RGBA(); r&g&b != 0xffff {
				used = used.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if used.Dx() < 50 || used.Dy() < 10 {
		return nil, errors.New("the screenshot is empty")
	}
	used = used.Inset(-margin).Intersect(bounds)
	small := image.NewPaletted(image.Rect(0, 0, used.Dx(), used.Dy()), mostFrequent(full, used, 48))
	for y := range used.Dy() {
		for x := range used.Dx() {
			small.Set(x, y, full.At(used.Min.X+x, used.Min.Y+y))
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, small); err != nil {
		return nil, err
	}
	return mark(out.Bytes(), b.mark())
}

// mostFrequent returns a palette of the n most frequent colours.
func mostFrequent(from image.Image, within image.Rectangle, n int) color.Palette {
	counts := map[color.RGBA]int{}
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			counts[color.RGBAModel.Convert(from.At(x, y)).(color.RGBA)]++
		}
	}
	var colours []color.RGBA
	for c := range counts {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return bytes.Compare([]byte{a.R, a.G, a.B}, []byte{b.R, b.G, b.B})
	})
	var palette color.Palette
	for _, c := range colours[:min(n, len(colours))] {
		palette = append(palette, c)
	}
	return palette
}

// mark puts a tEXt chunk, "keyword\0text", before the last chunk of a PNG, which has twelve bytes.
func mark(picture []byte, text string) ([]byte, error) {
	const end = 12
	if len(picture) < end || string(picture[len(picture)-8:len(picture)-4]) != "IEND" {
		return nil, errors.New("not a PNG")
	}
	chunk := append([]byte("tEXt"), text...)
	var out bytes.Buffer
	out.Write(picture[:len(picture)-end])
	for _, part := range []any{uint32(len(text)), chunk, crc32.ChecksumIEEE(chunk)} {
		if err := binary.Write(&out, binary.BigEndian, part); err != nil {
			return nil, err
		}
	}
	_, err := io.Copy(&out, bytes.NewReader(picture[len(picture)-end:]))
	return out.Bytes(), err
}
