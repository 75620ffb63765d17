package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/advice"
	"glasspoll/internal/console"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

type newCommand struct {
	List      bool   `xor:"sample" help:"List the ready questionnaires that --from knows."`
	From      string `xor:"sample" placeholder:"SAMPLE" help:"Copy a ready questionnaire, such as 'retail', to change it, instead of making one from answers."`
	TitleZh   string `placeholder:"TEXT" help:"The title in Chinese. Without any title, the command asks for everything."`
	TitleEn   string `placeholder:"TEXT" help:"The title in English."`
	ID        string `name:"id" placeholder:"ID" help:"The survey's id, which is part of its address. Default: made from the English title."`
	PurposeZh string `placeholder:"TEXT" help:"What the answers are used for, in Chinese."`
	PurposeEn string `placeholder:"TEXT" help:"The same in English, such as 'to improve our deliveries'."`
	Topics    string `placeholder:"LIST" default:"overall,product,service,comments,contact" help:"What is asked, with commas: overall, product, delivery, service, price, recommend, comments, contact. Default: ${default}."`
	Scale     int    `placeholder:"N" default:"5" help:"Steps of the scale: 4 or 5 (in words), 7 or 10 (numbers). Default: ${default}."`
	Period    string `placeholder:"PERIOD" default:"quarter" help:"What the trend is counted by: none, month, quarter or year. Default: ${default}."`
	Bands     string `placeholder:"LIST" default:"80,70,60" help:"Lower limits of the index's bands, one to four of them, or none. Default: ${default}."`
	Email     string `placeholder:"ADDRESS" help:"Whom respondents may write to."`
	Out       string `placeholder:"FILE" help:"Where to write, or '-' for the standard output. Default: surveys/ID.yaml."`
	Language  string `placeholder:"zh|en" help:"The language of the questions asked here. Default: that of LANG."`
}

func (newCommand) Help() string {
	return `Writes a questionnaire to start from, with comments. It asks what it needs, a line each; an empty line takes what stands
in brackets. With a title on the command line it asks nothing. --from copies a ready questionnaire instead, for you to
change. A file that exists is never overwritten.

Examples:

  glasspoll new
  glasspoll new --title-zh 送货满意度调查 --title-en "Delivery survey" --topics overall,delivery,comments
  glasspoll new --title-en "Tea house survey" --scale 10 --period month --out surveys/tea.yaml
  glasspoll new --list
  glasspoll new --from retail --out surveys/our_shops.yaml`
}

// topics are the ready-made groups of questions, in the order in which they are asked.
var topics = []string{"overall", "product", "delivery", "service", "price", "recommend", "comments", "contact"}

// draft is what a new questionnaire is made from.
type draft struct {
	id        string
	languages []string
	title     survey.Text
	purpose   survey.Text
	topics    []string
	scale     int
	period    string
	bands     []int // lower limits, highest first; none for no bands
	email     string
	comments  string // the language of the comments in the file
	minutes   int
}

func (k newCommand) Run(c *console.Console) error {
	speak, err := k.speech(os.Getenv)
	if err != nil {
		return err
	}
	if k.Out != "" && k.Out != "-" && exists(k.Out) {
		return fmt.Errorf("%s exists and is left alone: choose another --out", k.Out)
	}
	switch {
	case k.List:
		return listSamples(c.Out, speak)
	case k.From != "":
		return k.copySample(c, speak)
	}
	var d draft
	if k.TitleZh+k.TitleEn == "" {
		asker := &asker{in: bufio.NewReader(c.In), out: c.Err, language: speak}
		d, err = asker.draft(&k)
	} else {
		d, err = k.draft()
	}
	if err != nil {
		return err
	}
	d.comments = speak
	source, s, err := d.write()
	if err != nil {
		return err
	}
	out := k.Out
	if out == "-" {
		_, err := c.Out.Write(source)
		return err
	}
	if out == "" {
		out = filepath.Join("surveys", d.id+".yaml")
	}
	if err := createFile(out, source); err != nil {
		return err
	}
	next := sentences[speak]
	fmt.Fprintf(c.Out, next.written, out, describe(s))
	if d.email == "" {
		fmt.Fprintf(c.Out, next.address, out, questionnaire.Locate(out, source).At("contact", "email").Line)
	}
	return k.tellNext(c, speak, out, d.id)
}

// tellNext says how the new questionnaire is looked at.
func (newCommand) tellNext(c *console.Console, speak, out, id string) error {
	serve := "glasspoll serve"
	if dir := filepath.Dir(out); dir != "surveys" {
		serve += " --surveys " + dir
	}
	_, err := fmt.Fprintf(c.Out, sentences[speak].next, serve, "http://127.0.0.1:8080/"+id+"/", out)
	return err
}

// speech is the language in which the command asks.
func (k newCommand) speech(getenv func(string) string) (string, error) {
	switch k.Language {
	case "zh", "en":
		return k.Language, nil
	case "":
	default:
		return "", console.Usagef("--language %s: write zh or en", k.Language)
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} { // the first that is set decides
		if set := getenv(name); set != "" {
			if strings.HasPrefix(set, "zh") {
				return "zh", nil
			}
			break
		}
	}
	return "en", nil
}

// createFile writes a file that must not exist yet, and the directory that it belongs into.
func createFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is left alone: choose another --id or --out", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path) // half of it would be in the way of the next try
	}
	return err
}

// draft reads the flags.
func (k newCommand) draft() (draft, error) {
	d := draft{title: survey.Text{}, purpose: survey.Text{}}
	for _, said := range []struct{ language, title, purpose string }{{"zh", k.TitleZh, k.PurposeZh}, {"en", k.TitleEn, k.PurposeEn}} {
		if title := oneLine(said.title); title != "" {
			d.languages = append(d.languages, said.language)
			d.title[said.language], d.purpose[said.language] = title, oneLine(said.purpose)
		}
	}
	if len(d.languages) == 0 {
		return d, console.Usagef("the title is empty")
	}
	var err error
	flag := func(name, value string, read func(string) error) {
		if e := read(value); e != nil && err == nil {
			err = console.Usagef("--%s %s: %w", name, value, e)
		}
	}
	speak, _ := k.speech(func(string) string { return "" })
	say := sentences[speak]
	d.id = suggestedID(k, d.title)
	if k.ID != "" {
		flag("id", k.ID, func(v string) error { return d.setID(v, say) })
	}
	flag("topics", k.Topics, func(v string) error { return d.setTopics(v, say) })
	flag("scale", strconv.Itoa(k.Scale), func(v string) error { return d.setScale(v, say) })
	flag("period", k.Period, func(v string) error { return d.setPeriod(v, say) })
	flag("bands", k.Bands, func(v string) error { return d.setBands(v, say) })
	flag("email", k.Email, func(v string) error { return d.setEmail(v, say) })
	return d, err
}

// oneLine makes one line of a text, without spaces around it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var (
	idForm  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	notInID = regexp.MustCompile(`[^a-z0-9]+`)
)

// suggestedID makes an id from the file's name, or from the English title.
func suggestedID(k newCommand, title survey.Text) string {
	if base := strings.TrimSuffix(filepath.Base(k.Out), filepath.Ext(k.Out)); k.Out != "" && idForm.MatchString(base) {
		return base
	}
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(title["en"]), "_"), "_")
	id = strings.Trim(strings.TrimLeft(id, "0123456789_")[:min(40, len(strings.TrimLeft(id, "0123456789_")))], "_")
	if !idForm.MatchString(id) {
		return "satisfaction"
	}
	return id
}

func (d *draft) setID(said string, say words) error {
	if !idForm.MatchString(said) {
		return errors.New(say.badID)
	}
	d.id = said
	return nil
}

func (d *draft) setTopics(said string, say words) error {
	d.topics = nil
	chosen := map[string]bool{}
	for _, word := range strings.FieldsFunc(said, func(c rune) bool { return c == ',' || c == ' ' || c == '，' || c == '、' }) {
		if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(topics) {
			word = topics[n-1]
		}
		if !slices.Contains(topics, word) {
			return fmt.Errorf(say.badTopic, word, strings.Join(topics, ", "))
		}
		chosen[word] = true
	}
	for _, topic := range topics {
		if chosen[topic] {
			d.topics = append(d.topics, topic)
		}
	}
	if len(d.topics) == 0 {
		return errors.New(say.noTopic)
	}
	return nil
}

func (d *draft) setScale(said string, say words) error {
	n, err := strconv.Atoi(said)
	if err != nil || !slices.Contains([]int{4, 5, 7, 10}, n) {
		return errors.New(say.badScale)
	}
	d.scale = n
	return nil
}

func (d *draft) setPeriod(said string, say words) error {
	if !slices.Contains([]string{"none", "month", "quarter", "year"}, said) {
		return errors.New(say.badPeriod)
	}
	d.period = said
	return nil
}

// bandNames are what bands are called, by how many limits there are.
var bandNames = map[int][][2]string{
	1: {{"满意", "Satisfied"}, {"不满意", "Dissatisfied"}},
	2: {{"满意", "Satisfied"}, {"一般", "Fair"}, {"不满意", "Dissatisfied"}},
	3: {{"非常满意", "Very satisfied"}, {"满意", "Satisfied"}, {"一般", "Fair"}, {"不满意", "Dissatisfied"}},
	4: {{"非常满意", "Very satisfied"}, {"满意", "Satisfied"}, {"一般", "Fair"}, {"不满意", "Dissatisfied"}, {"非常不满意", "Very dissatisfied"}},
}

func (d *draft) setBands(said string, say words) error {
	d.bands = nil
	if said == "none" {
		return nil
	}
	for _, word := range strings.FieldsFunc(said, func(c rune) bool { return c == ',' || c == ' ' || c == '，' || c == '、' }) {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > 100 || slices.Contains(d.bands, n) {
			return errors.New(say.badBands)
		}
		d.bands = append(d.bands, n)
	}
	if bandNames[len(d.bands)] == nil {
		return errors.New(say.badBands)
	}
	slices.Sort(d.bands)
	slices.Reverse(d.bands)
	return nil
}

func (d *draft) setEmail(said string, say words) error {
	if said != "" && !survey.ValidEmail(said) {
		return errors.New(say.badEmail)
	}
	d.email = said
	return nil
}

// An asker asks in plain lines, so that it works in any terminal and through a pipe.
type asker struct {
	in       *bufio.Reader
	out      io.Writer
	language string
}

// ask repeats a question until the answer is one. An empty line takes what is offered.
func (a *asker) ask(question, offered string, take func(string) error) error {
	for {
		if offered != "" {
			fmt.Fprintf(a.out, "%s [%s]: ", question, offered)
		} else {
			fmt.Fprintf(a.out, "%s: ", question)
		}
		line, err := a.in.ReadString('\n')
		if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
			fmt.Fprintln(a.out)
			if errors.Is(err, io.EOF) {
				return errors.New(sentences[a.language].noMore)
			}
			return fmt.Errorf("reading the answers: %w", err)
		}
		said := oneLine(line)
		if said == "" {
			said = offered
		}
		wrong := take(said)
		if wrong == nil {
			return nil
		}
		fmt.Fprintln(a.out, "  "+wrong.Error())
	}
}

// draft asks for everything, with the flags as what is offered.
func (a *asker) draft(k *newCommand) (draft, error) {
	d := draft{title: survey.Text{}, purpose: survey.Text{}}
	say := sentences[a.language]
	fmt.Fprintln(a.out, say.hello)
	err := a.ask(say.askLanguages, "3", func(said string) error {
		d.languages = map[string][]string{"1": {"zh"}, "zh": {"zh"}, "2": {"en"}, "en": {"en"}, "3": {"zh", "en"}}[said]
		if d.languages == nil {
			return errors.New(say.badLanguages)
		}
		return nil
	})
	each := func(question map[string]string, offered map[string]string, to survey.Text) {
		for _, l := range d.languages {
			if err == nil {
				err = a.ask(question[l], offered[l], func(said string) error {
					if said == "" {
						return errors.New(say.empty)
					}
					to[l] = said
					return nil
				})
			}
		}
	}
	question := func(text, offered string, take func(string, words) error) {
		if err == nil {
			err = a.ask(text, offered, func(said string) error { return take(said, say) })
		}
	}
	each(say.askTitle, nil, d.title)
	offered := map[string]string{"zh": usualPurpose["zh"], "en": usualPurpose["en"]}
	if k.PurposeZh != "" {
		offered["zh"] = oneLine(k.PurposeZh)
	}
	if k.PurposeEn != "" {
		offered["en"] = oneLine(k.PurposeEn)
	}
	each(say.askPurpose, offered, d.purpose)
	id := k.ID
	if id == "" {
		id = suggestedID(*k, d.title)
	}
	question(say.askID, id, func(said string, say words) error {
		if path := filepath.Join("surveys", said+".yaml"); k.Out == "" && exists(path) {
			return fmt.Errorf(say.taken, path)
		}
		return d.setID(said, say)
	})
	if err == nil {
		fmt.Fprintln(a.out, say.listTopics)
		for i, topic := range topics {
			fmt.Fprintf(a.out, "  %d  %-10s %s\n", i+1, topic, say.topics[i])
		}
	}
	question(say.askTopics, k.Topics, d.setTopics)
	question(say.askScale, strconv.Itoa(k.Scale), d.setScale)
	question(say.askPeriod, k.Period, d.setPeriod)
	question(say.askBands, k.Bands, d.setBands)
	question(say.askEmail, k.Email, d.setEmail)
	return d, err
}

var usualPurpose = map[string]string{"zh": "改进我们的产品和服务", "en": "to improve our products and services"}

// words is what the command says in one language.
type words struct {
	hello, askLanguages, askID, listTopics, askTopics, askScale, askPeriod, askBands, askEmail    string
	askTitle, askPurpose                                                                          map[string]string
	topics                                                                                        []string
	badLanguages, empty, badID, badTopic, noTopic, badScale, badPeriod, badBands, badEmail, taken string
	noMore, written, address, next                                                                string
}

var sentences = map[string]words{
	"en": {
		hello:        "A new questionnaire. An empty line takes what stands in brackets.",
		askLanguages: "Which languages? 1 Chinese, 2 English, 3 both",
		askTitle:     map[string]string{"zh": "Title in Chinese", "en": "Title in English"},
		askPurpose:   map[string]string{"zh": "What for, in Chinese", "en": "What for, in English"},
		askID:        "Id, part of the survey's address",
		listTopics:   "What do you want to ask about?",
		topics: []string{"satisfaction as a whole", "quality, ease of use, fit", "punctuality, condition, delivery staff", "response, manner, expertise, solutions",
			"price level, value, clarity of quotes", "would they recommend you (0 to 10)", "what to improve, in their own words", "reply wanted? name, e-mail, phone"},
		askTopics: "Topics: numbers or names, with commas",
		askScale:  "Steps of the scale: 4 or 5 in words, 7 or 10 as numbers",
		askPeriod: "Count by: none, month, quarter or year",
		askBands:  "Lower limits of the index's bands, or none",
		askEmail:  "E-mail address for respondents' questions (may be empty)",

		badLanguages: "Answer 1, 2 or 3.",
		empty:        "This needs an answer.",
		badID:        "an id begins with a letter a–z, and has only lower-case letters, digits, _ and -, 64 at most",
		taken:        "%s exists and is left alone: choose another id",
		badTopic:     "there is no topic '%s': choose from %s",
		noTopic:      "choose at least one topic",
		badScale:     "a scale has 4, 5, 7 or 10 steps",
		badPeriod:    "write none, month, quarter or year",
		badBands:     "write one to four whole numbers from 1 to 100, such as 80,70,60, or none",
		badEmail:     "this is not an e-mail address such as name@example.com",
		noMore:       "the input ended before every question was answered: nothing is written",
		written:      "%s is written: %s.\n",
		address:      "Put your own address in place of the example: %s, line %d.\n",
		next:         "Next:\n  %s    then open %s\n  glasspoll check %s    after each edit\n",
	},
	"zh": {
		hello:        "新建一份问卷。直接按回车就采用方括号里的答案。",
		askLanguages: "用哪些语言？1 中文，2 英文，3 中英文",
		askTitle:     map[string]string{"zh": "中文标题", "en": "英文标题"},
		askPurpose:   map[string]string{"zh": "调查的目的（中文）", "en": "调查的目的（英文）"},
		askID:        "编号（网址的一部分，用小写英文字母）",
		listTopics:   "想问哪些方面？",
		topics:       []string{"总体满意度", "质量、方便程度、是否合用", "准时、完好、送货人员", "响应、态度、专业水平、解决问题", "价格水平、性价比、报价", "是否愿意推荐（0 到 10 分）", "最希望改进什么（自由填写）", "是否需要回复，姓名、邮箱、电话"},
		askTopics:    "方面：序号或名称，用逗号隔开",
		askScale:     "量表几级：4、5 级用文字，7、10 级用数字",
		askPeriod:    "按什么统计趋势：none 不分，month 月，quarter 季度，year 年",
		askBands:     "指数各档的下限，none 表示不分档",
		askEmail:     "答卷人有疑问时写给谁（邮箱，可以不填）",

		badLanguages: "请回答 1、2 或 3。",
		empty:        "这一项要填。",
		badID:        "编号以小写英文字母开头，只能有小写英文字母、数字、_ 和 -，最多 64 个字符",
		taken:        "%s 已经存在，不会改动：请换一个编号",
		badTopic:     "没有“%s”这个方面：请从 %s 里选",
		noTopic:      "至少选一个方面",
		badScale:     "量表只能是 4、5、7 或 10 级",
		badPeriod:    "请写 none、month、quarter 或 year",
		badBands:     "请写一到四个 1 到 100 的整数，例如 80,70,60，或者 none",
		badEmail:     "这不是邮箱地址，例如 name@example.com",
		noMore:       "还没答完，输入就结束了：没有写入任何文件",
		written:      "已写好 %s：%s。\n",
		address:      "请把示例邮箱换成自己的：%s 第 %d 行。\n",
		next:         "下一步：\n  %s    然后打开 %s\n  glasspoll check %s    每次修改之后\n",
	},
}

// write makes the questionnaire, with the minutes that it takes, and makes sure that it is a good one.
func (d draft) write() ([]byte, *survey.Survey, error) {
	d.minutes = 1
	for {
		source := d.yaml()
		s, problems := questionnaire.Parse(d.id+".yaml", source)
		if s == nil {
			return nil, nil, fmt.Errorf("these answers make no good questionnaire: %w", problems)
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
