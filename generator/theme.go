package main

import (
	"os"
	"path/filepath"
	"slices"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/theme"
)

// themeProblems finds what is wrong with the themes of the directories that a command line names, or is one of its files.
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
