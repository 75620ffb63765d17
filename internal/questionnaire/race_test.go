//go:build race

package questionnaire

// raceDetector: with it, sync.Pool throws away at random what it is given, and regular expressions allocate anew.
const raceDetector = true
