package questionnaire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/yaml12"
)

// compiledSchema compiles the schema of questionnaires.
func compiledSchema(t testing.TB) *jsonschema.Schema { return compiledSchemaOf(t, "") }

// compiledSchemaOf compiles the schema of one kind of file; see [Sidecar].
func compiledSchemaOf(t testing.TB, kind string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(kind)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat() // as editors do
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON reads YAML as an editor does: dates are texts, and of two equal keys the last one counts.
func asJSON(n *yaml.Node, depth int) any {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if depth > 100 {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = asJSON(n.Content[i+1], depth+1)
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = asJSON(c, depth+1)
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(number(n))
		}
		var f float64
		if n.Decode(&f) == nil {
			return f
		}
	}
	return n.Value
}

// validate checks a file against a schema, as an editor does. isYAML is false if the file is not valid YAML.
func validate(schema *jsonschema.Schema, source string) (isYAML bool, err error) {
	first, _, err := yaml12.Decode([]byte(source))
	if err != nil || first == nil {
		return false, nil
	}
	newReader("").mergeKeys(first)
	return true, schema.Validate(asJSON(first, 0))
}

func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	schema := compiledSchema(t)
	sources := map[string]string{}
	for i, source := range goodSources() {
		sources[string(rune('a'+i))] = source
	}
	paths, err := filepath.Glob("../../surveys/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no surveys: %v", err)
	}
	for _, path := range append(paths, "../answer/testdata/every.yaml", "../answer/testdata/conditional.yaml") {
		if !IsFile(filepath.Base(path)) {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources[path] = string(source)
	}
	for form, value := range map[string]string{
		"required: true": "Yes", "required: yes": "off", "minutes: 5": "'5'", "minutes: 5 ": "+5", "score: 5": "\"0.5\"", "languages: [en]": "[zh-Hant]",
		"id: a": "1", "id: b": "true", "label: A": "5", "label: B": "2026-10-01", "label: C": "'true'", "document: {number: 1}": "{number: 7, version: 3.1}",
	} {
		sources[form+" as "+value] = variant(form, value)
	}
	for name, source := range sources {
		if _, problems := Parse("x.yaml", []byte(source)); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		if yes, err := validate(schema, source); !yes || err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// variant returns a questionnaire in which one value is written differently.
func variant(was, is string) string {
	was = strings.TrimSpace(was)
	key, _, _ := strings.Cut(was, ":")
	base := "title: 好\nminutes: 5\nlanguages: [en]\ndocument: {number: 1}\nsections:\n  - questions:\n      - {id: q, type: single_choice, label: C, required: true, options: [{id: a, label: A, score: 5}, {id: b, label: B}]}\n      - {id: p, type: yes_no, label: C, required: yes}\n"
	if key == "languages" {
		base = strings.Replace(base, "好", "{zh-Hant: 好}", 1)
	}
	return strings.Replace(base, was, key+": "+is, 1)
}

// What keeps a schema from refusing a file that Parse refuses.
const (
	conditions = "what a condition says"
	references = "names that must exist, or must not be used twice"
	languages  = "the survey's languages and the texts in each"
	together   = "values that must fit one another, or their place"
	calendar   = "timezones and regular expressions"
	piping     = "braces within texts"
	notation   = "how YAML is written: keys given twice, tags, merges"
	filename   = "the file's name"
)

// unseen lists the bad files that a schema accepts, and why.
var unseen = map[string]string{
	"alerts/alert_never":                        conditions,
	"alerts/alert_private":                      conditions,
	"alerts/alert_twice":                        references,
	"alerts/alert_unreachable":                  conditions,
	"beside/kept.quotes":                        references,
	"beside/once.quotes":                        together,
	"beside/period.quotes":                      together,
	"beside/question.actions":                   references,
	"beside/twice.actions":                      notation,
	"beside/two.actions":                        notation,
	"choices/at_least_more_than_at_most":        together,
	"choices/at_most_too_many":                  together,
	"choices/matrix_required_row":               references,
	"choices/matrix_required_word":              conditions,
	"choices/one_option":                        together,
	"choices/option_exclusive":                  together,
	"choices/option_twice":                      references,
	"choices/options_in_languages":              languages,
	"choices/options_missing_a_dash":            notation,
	"choices/scale_misspelled":                  references,
	"choices/scale_never_used":                  references,
	"choices/scale_twice":                       notation,
	"choices/scale_unknown":                     references,
	"conditions/circle":                         conditions,
	"conditions/circle_of_a_section":            conditions,
	"conditions/circle_through_an_option":       conditions,
	"conditions/date_in_another_form":           conditions,
	"conditions/full_width_signs":               conditions,
	"conditions/label_for_an_option":            conditions,
	"conditions/language_unknown":               conditions,
	"conditions/never_true":                     conditions,
	"conditions/out_of_reach":                   conditions,
	"conditions/own_answer":                     conditions,
	"conditions/own_answer_of_an_option":        conditions,
	"conditions/place_of_an_alias":              conditions,
	"conditions/places_in_blocks":               conditions,
	"conditions/places_in_quotes":               conditions,
	"conditions/section_and_question":           conditions,
	"conditions/thanks_last":                    together,
	"conditions/unknown_name":                   conditions,
	"conditions/unknown_option":                 conditions,
	"conditions/unknown_row":                    conditions,
	"conditions/wrong_kinds":                    conditions,
	"keys/merge_in_texts":                       languages,
	"keys/twice":                                notation,
	"keys/twice_for_want_of_a_dash":             notation,
	"piping/no_place":                           piping,
	"piping/several":                            piping,
	"piping/too_early":                          piping,
	"piping/unknown":                            piping,
	"protection/closes_before_it_opens":         together,
	"protection/closes_though_it_ends":          together,
	"protection/closes_though_it_has_periods":   together,
	"protection/crosstabs":                      conditions,
	"protection/inherited.quotes":               references,
	"protection/issued_by_channel":              together,
	"protection/issued_mixed":                   together,
	"protection/issued_names":                   references,
	"protection/issued_without_periods":         together,
	"protection/overall_sensitive":              references,
	"protection/overall_unpublished":            conditions,
	"protection/segment_depends_on_private":     conditions,
	"protection/segment_depends_on_sensitive":   conditions,
	"protection/segment_depends_on_unpublished": conditions,
	"protection/sensitive_without_an_end":       together,
	"protection/strict_group":                   together,
	"protection/strict_without_an_end":          together,
	"questions/date_bounds":                     together,
	"questions/id_of_a_note":                    references,
	"questions/id_twice":                        references,
	"questions/message_without_limits":          together,
	"questions/number_bounds":                   together,
	"questions/pattern":                         calendar,
	"questions/required_by_itself":              conditions,
	"questions/required_chinese":                conditions,
	"questions/segment_private":                 together,
	"questions/segments_many":                   together,
	"questions/slider_without_ends":             together,
	"questions/text_bounds":                     together,
	"questions/text_bounds_given":               together,
	"scoring/bands_of_a_mean":                   together,
	"scoring/bands_twice":                       together,
	"scoring/bands_without_zero":                together,
	"scoring/dimension_undeclared":              references,
	"scoring/dimension_unknown":                 references,
	"scoring/dimension_without_scores":          together,
	"scoring/graded_10_of_five":                 references,
	"scoring/rule_of_units_counted":             together,
	"scoring/sensitive_segment":                 together,
	"scoring/target":                            together,
	"scoring/unit_is_no_segment":                references,
	"scoring/unit_of_another_model":             together,
	"scoring/unit_unknown":                      references,
	"scoring/overall_is_a_matrix":               references,
	"scoring/overall_unknown":                   references,
	"scoring/overall_without_scores":            references,
	"several/merged_list":                       notation,
	"several/languages_in_words":                languages,
	"several/cond":                              conditions,
	"several/dup_key":                           notation,
	"invitations/invited_anonymity_alone":       together,
	"invitations/invited_open":                  together,
	"invitations/invited_duplicates":            together,
	"invitations/invited_anonymous":             together,
	"invitations/invited_confidential":          together,
	"plan/window":                               together,
	"plan/open_window":                          together,
	"plan/until_window":                         together,
	"quality/quality_invited":                   together,
	"sealing/seal_keys":                         references,
	"sealing/seal_nothing":                      together,
	"sealing/sealed.quotes":                     references,
	"sealing/seal_without":                      together,
	"sealing/seal_depends":                      conditions,
	"several/half_pipe":                         piping,
	"survey/Kunden Umfrage":                     filename,
	"survey/api":                                filename,
	"survey/audience":                           together,
	"survey/channel_without_channels":           conditions,
	"survey/only_notes":                         together,
	"survey/section_twice":                      references,
	"survey/timezone":                           calendar,
	"survey/timezone_local":                     calendar,
	"survey/window_order":                       together,
	"survey/问卷":                                 filename,
	"syntax/dashes_at_the_end":                  notation,
	"syntax/exclamation_comma":                  notation,
	"syntax/two_documents":                      notation,
	"theme/cover":                               languages,
	"texts/alias_to_an_incomplete_text":         languages,
	"texts/language_twice":                      notation,
	"texts/languages_unknown":                   languages,
	"texts/missing_language":                    languages,
	"texts/misspelled_language":                 languages,
	"texts/one_text_for_two_languages":          languages,
	"texts/title_with_a_bad_code":               languages,
	"texts/unlisted_language":                   languages,
	"types/anchor_unknown":                      references,
	"types/hidden_exclusive":                    together,
	"types/importance_unknown":                  references,
	"types/matrix_required_misspelled":          conditions,
	"types/matrix_scale_with_conditions":        together,
	"types/only_hidden":                         together,
	"types/ranking_too_many":                    together,
	"types/slider_with_one_end":                 together,
}

func TestSchemaRefusesWhatItCan(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{}
	for _, kind := range []string{"", ActionsFile, QuotesFile} {
		schemas[kind] = compiledSchemaOf(t, kind)
	}
	refused, used := 0, map[string]bool{}
	for path, files := range badFiles(t) {
		for _, f := range files {
			name := strings.TrimSuffix(filepath.Base(path), ".txtar") + "/" + strings.TrimSuffix(f.name, ".yaml")
			_, kind := Sidecar(f.name)
			yes, err := validate(schemas[kind], f.source)
			switch why, known := unseen[name]; {
			case !yes: // an editor says so without any schema
			case err == nil && !known:
				t.Errorf("%s is accepted:\n%s%v", name, f.source, f.want)
			case err != nil && known:
				t.Errorf("%s is refused, though it should not be seen (%s)", name, why)
			case err != nil:
				refused++
			default:
				used[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unseen)) {
		if !used[name] {
			t.Errorf("%s: there is no such file", name)
		}
	}
	if refused < 100 {
		t.Errorf("only %d files are refused", refused)
	}
	t.Logf("%d refused, %d unseen", refused, len(unseen))
}

// TestExamplesAreValid checks that the schema of each key accepts the key's example in the tables.
func TestExamplesAreValid(t *testing.T) {
	seen := map[*mapping]bool{}
	for i, kind := range []string{"", ActionsFile, QuotesFile} {
		schema := schemaWithKeys(t, kind, mappingsOf(formats[i]))
		for _, m := range mappingsOf(formats[i]) {
			if seen[m] {
				continue
			}
			seen[m] = true
			for j, k := range m.keys {
				if k.doc.en == "" || k.doc.zh == "" || k.example == "" {
					t.Errorf("%s, %s: not documented", m.id, k.name)
				}
				if yes, err := validate(schema(m, j), k.example); !yes || err != nil {
					t.Errorf("%s, %s: %s: %v", m.id, k.name, k.example, err)
				}
			}
		}
	}
	if len(seen) != 36 {
		t.Errorf("%d mappings", len(seen))
	}
}

// schemaWithKeys compiles the schema of one kind of files, and returns those of the values of each mapping's keys.
func schemaWithKeys(t *testing.T, kind string, all []*mapping) func(m *mapping, key int) *jsonschema.Schema {
	t.Helper()
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(kind)))
	if err != nil {
		t.Fatal(err)
	}
	name := func(m *mapping, key int) string { return fmt.Sprintf("key.%s.%d", m.id, key) }
	defs := whole.(map[string]any)["$defs"].(map[string]any)
	for _, m := range all {
		for i, k := range m.keys {
			data, err := json.Marshal(k.schema())
			if err != nil {
				t.Fatal(err)
			}
			if defs[name(m, i)], err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", whole); err != nil {
		t.Fatal(err)
	}
	return func(m *mapping, key int) *jsonschema.Schema {
		schema, err := c.Compile("schema.json#/$defs/" + name(m, key))
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
}
