package message

import (
	"embed"
	"fmt"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed zh/*.yaml
var files embed.FS

// An entry is a format in both languages.
type entry struct {
	Code    string `yaml:"code"` // of messages with a code, such as problems; several formats may have one
	English string `yaml:"en"`
	Chinese string `yaml:"zh"` // its verbs have explicit indexes, %[2]s, wherever their order differs
}

// catalogue returns the entries by their English format.
var catalogue = sync.OnceValue(func() map[string]entry {
	all, err := read()
	if err != nil {
		panic(err) // an embedded file; a test reads it
	}
	return all
})

func read() (map[string]entry, error) {
	all := map[string]entry{}
	list, err := files.ReadDir("zh")
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		source, err := files.ReadFile("zh/" + f.Name())
		if err != nil {
			return nil, err
		}
		var entries []entry
		if err := yaml.Unmarshal(source, &entries); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		for _, e := range entries {
			if was, twice := all[e.English]; twice && was != e {
				return nil, fmt.Errorf("%s: %q is there twice", f.Name(), e.English)
			}
			all[e.English] = e
		}
	}
	return all, nil
}
