// @ts-check
// The script of a survey's page without steps and widgets.
import { open } from "./survey.js";

open();
