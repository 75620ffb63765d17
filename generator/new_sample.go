package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// listSamples prints the ready questionnaires: id, how much it asks, title.
func listSamples(out io.Writer, language string) error {
	entries, err := fs.ReadDir(glasspoll.Samples(), ".")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		if !questionnaire.IsFile(e.Name()) {
			continue
		}
		_, s, err := readySample(strings.TrimSuffix(e.Name(), ".yaml"))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.ID, describe(s), s.Title.In(language))
	}
	return w.Flush()
}

// copySample writes a ready questionnaire as it is, comments and all, under the id that is wanted.
func (k newCommand) copySample(c *console.Console, speak string) error {
	source, s, err := readySample(k.From)
	if err != nil {
		return err
	}
	id := s.ID
	switch {
	case k.ID != "":
		id = k.ID
	case k.Out != "" && k.Out != "-":
		id = strings.TrimSuffix(filepath.Base(k.Out), filepath.Ext(k.Out))
	}
	source = bytes.Replace(source, []byte("id: "+s.ID+"\n"), []byte("id: "+id+"\n"), 1)
	if _, problems := questionnaire.Parse(k.From, source); len(problems) > 0 {
		return console.Usagef("%q cannot be the survey's id: %s", id, problems[0].Message)
	}
	if k.Out == "-" {
		_, err := c.Out.Write(source)
		return err
	}
	out := k.Out
	if out == "" {
		out = filepath.Join("surveys", id+".yaml")
	}
	if err := createFile(out, source); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, sentences[speak].written, out, describe(s))
	return k.tellNext(c, speak, out, id)
}

// readySample is a ready questionnaire.
func readySample(id string) ([]byte, *survey.Survey, error) {
	name := id + ".yaml"
	if !fs.ValidPath(name) || !questionnaire.IsFile(name) {
		return nil, nil, noSample(id)
	}
	source, err := fs.ReadFile(glasspoll.Samples(), name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, noSample(id)
	}
	if err != nil {
		return nil, nil, err
	}
	s, problems := questionnaire.Parse(name, source)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return source, s, nil
}

func noSample(id string) error {
	return console.Usagef("there is no ready questionnaire %q: 'glasspoll new --list' lists them", id)
}
