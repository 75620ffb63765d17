// @ts-check
// The script of a survey's page with steps, sliders, sums or rankings.
import { open } from "./survey.js";
import { steps } from "./steps.js";
import { widgets } from "./widgets.js";

open(steps, widgets);
