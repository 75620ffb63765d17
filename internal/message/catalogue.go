package message

import (
	"errors"
	"fmt"
	"sync"

	"gopkg.in/yaml.v3"
)

// An entry is a format in both languages.
type entry struct {
	Code    string `yaml:"code"` // of messages with a code, such as problems; several formats may have one
	English string `yaml:"en"`
	Chinese string `yaml:"zh"` // its verbs have explicit indexes, %[2]s, wherever their order differs
}

// catalogue returns the entries by their English format.
var catalogue = sync.OnceValue(func() map[string]entry {
	all, _ := read() // of embedded files, whose mistakes a test finds
	return all
})

func read() (map[string]entry, error) {
	all := map[string]entry{}
	var mistakes []error
	list, err := files.ReadDir("zh")
	if err != nil {
		return all, err
	}
	for _, f := range list {
		source, err := files.ReadFile("zh/" + f.Name())
		if err != nil {
			return all, err
		}
		var entries []entry
		if err := yaml.Unmarshal(source, &entries); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", f.Name(), err))
		}
		for _, e := range entries {
			if was, twice := all[e.English]; twice && was != e {
				mistakes = append(mistakes, fmt.Errorf("%s: %q is there twice", f.Name(), e.English))
				continue
			}
			all[e.English] = e
		}
	}
	return all, errors.Join(mistakes...)
}
