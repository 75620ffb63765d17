//go:build race

package questionnaire

// raceDetector reports whether the race detector is on. It makes sync.Pool drop items at random, so that regular expressions
// allocate more.
const raceDetector = true
