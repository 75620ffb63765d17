package main

import (
	"glasspoll/internal/console"
	"glasspoll/internal/questionnaire"
)

type schemaCommand struct {
	Of string `placeholder:"KIND" enum:"questionnaire,actions,quotes" default:"questionnaire" help:"questionnaire, or a file next to one: actions (measures) or quotes. Default: ${default}."`
}

func (schemaCommand) Help() string {
	return `Prints the JSON Schema (2020-12) of questionnaires, for editors: it completes keys, explains each in English and
Chinese, and underlines much of what 'glasspoll check' would report.

In VS Code, install the extension "YAML" (redhat.vscode-yaml), write the schema next to the questionnaires, and begin each
of them with a line that names it:

  glasspoll schema > surveys/glasspoll.schema.json

  # yaml-language-server: $schema=glasspoll.schema.json
  title: Service survey

Or name it once for all, in .vscode/settings.json:

  {"yaml.schemas": {"surveys/glasspoll.schema.json": ["surveys/*.yaml", "!surveys/*.actions.yaml", "!surveys/*.quotes.yaml"],
                    "surveys/actions.schema.json": "surveys/*.actions.yaml", "surveys/quotes.schema.json": "surveys/*.quotes.yaml"}}

The schemas of the files beside a questionnaire, for the last two:

  glasspoll schema --of actions > surveys/actions.schema.json
  glasspoll schema --of quotes > surveys/quotes.schema.json

Only 'glasspoll check' knows everything: names that must exist, conditions, texts missing in a language.`
}

func (s schemaCommand) Run(c *console.Console) error {
	_, err := c.Out.Write(questionnaire.Schema(map[string]string{"actions": questionnaire.ActionsFile, "quotes": questionnaire.QuotesFile}[s.Of]))
	return err
}
