package project

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/picture"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/theme"
)

// ReadNamed reads the files and directories of a list; "-" is the questionnaire that stdin yields. A questionnaire's
// sidecars are read with it, and a sidecar's questionnaire with the sidecar.
func ReadNamed(names []string, stdin io.Reader) (*Library, questionnaire.Problems, error) {
	n := &named{names: names, stdin: stdin}
	for _, name := range names {
		if err := n.add(name); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(n.sidecars, func(a, b *Sidecar) int { return strings.Compare(a.Path, b.Path) })
	n.sidecars = slices.CompactFunc(n.sidecars, func(a, b *Sidecar) bool { return a.Path == b.Path }) // of a file that is named twice
	inThemes, err := themeProblems(names)
	if err != nil {
		return nil, nil, err
	}
	_, problems := collect(n.files)
	return &Library{files: n.files, sidecars: n.sidecars}, slices.Concat(problems, sidecarProblems(n.sidecars), inThemes), nil
}

// named collects the files that a list of names selects.
type named struct {
	names    []string
	stdin    io.Reader
	files    []*Questionnaire
	sidecars []*Sidecar
}

func (n *named) add(name string) error {
	if filepath.Base(name) == theme.File {
		return nil // themeProblems reads it
	}
	if _, kind := questionnaire.Sidecar(filepath.Base(name)); kind != "" {
		of := questionnaireOf(name)
		switch {
		case of == "":
			return n.read(nil, []string{name})
		case slices.Contains(n.names, of):
			return nil // it is read with that
		}
		name = of // with all its sidecars
	}
	if name == "-" {
		source, err := io.ReadAll(n.stdin)
		if err != nil {
			return message.Errorf("reading the standard input: %w", err)
		}
		n.files = append(n.files, Parse("stdin.yaml", source, themeOf(".")))
		return nil
	}
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return n.read([]string{name}, sidecarsOf(name))
	}
	paths, err := questionnairePaths(name)
	if err != nil {
		return err
	}
	sidecars, err := sidecarPaths(name)
	if err != nil {
		return err
	}
	return n.read(paths, sidecars)
}

// read reads files of one directory.
func (n *named) read(paths, sidecars []string) error {
	of := &theme.Theme{}
	if len(paths) > 0 {
		of = themeOf(filepath.Dir(paths[0]))
	}
	e := each{Visitor: Visitor{Keep: true}, theme: fixedTheme(of), before: &Library{}}
	files, found, err := e.read(paths, sidecars)
	n.files, n.sidecars = append(n.files, files...), append(n.sidecars, found...)
	return err
}

// themeOf returns the theme of a questionnaire's folder, without the copies of its cover, which take long to make and which only
// pages need. It is the design's own if there is none without problems.
func themeOf(dir string) *theme.Theme {
	none := func([]byte) ([]picture.Copy, error) { return nil, nil }
	if t, _, err := theme.ReadWith(os.DirFS(dir), filepath.Join(dir, theme.File), none); err == nil && t != nil {
		return t
	}
	return &theme.Theme{}
}

// extensions of YAML files.
var extensions = []string{".yaml", ".yml"}

// questionnaireOf finds the questionnaire of a sidecar; "" if there is none.
func questionnaireOf(path string) string {
	name, _ := questionnaire.Sidecar(filepath.Base(path))
	stem := filepath.Join(filepath.Dir(path), name)
	for _, extension := range extensions {
		if exists(stem + extension) {
			return stem + extension
		}
	}
	return ""
}

// sidecarsOf finds the sidecars of a questionnaire.
func sidecarsOf(path string) []string {
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	var found []string
	for _, kind := range []string{questionnaire.ActionsFile, questionnaire.QuotesFile} {
		for _, extension := range extensions {
			if name := stem + "." + kind + extension; exists(name) {
				found = append(found, name)
			}
		}
	}
	return found
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// themeProblems returns the problems of themes that are named, or are in directories that are named.
func themeProblems(names []string) (questionnaire.Problems, error) {
	var dirs []string
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			if filepath.Base(name) != theme.File {
				continue
			}
			name = filepath.Dir(name)
		}
		if name = filepath.Clean(name); !slices.Contains(dirs, name) {
			dirs = append(dirs, name)
		}
	}
	var problems questionnaire.Problems
	for _, dir := range dirs {
		_, found, err := theme.Read(os.DirFS(dir), filepath.Join(dir, theme.File))
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	return problems, nil
}
