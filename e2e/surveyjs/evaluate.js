// Reads {definition, answers: [...]} and writes, for each of the answers, what SurveyJS shows of the definition: the names of
// the elements that are visible and can be answered, of those that are required, and of the choices offered.
"use strict";
const survey = require(process.argv[2]);
console.warn = console.error = () => {};
const {definition, answers} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const model = new survey.Model(definition);
process.stdout.write(JSON.stringify(answers.map((answer) => {
  model.clear(true);
  model.data = answer;
  const shown = {shown: [], required: [], offered: []};
  for (const q of model.getAllQuestions()) {
    if (!q.isVisible || q.isReadOnly || !isWithinVisible(q)) continue;
    shown.shown.push(q.name);
    if (q.isRequired) shown.required.push(q.name);
    for (const c of q.visibleChoices || []) if (c.isEnabled) shown.offered.push(q.name + "." + c.value);
  }
  return shown;
})));

/** @param {any} q */
function isWithinVisible(q) {
  for (let p = q.parent; p; p = p.parent) if (!p.isVisible) return false;
  return true;
}
