//go:build !race

package questionnaire

const raceDetector = false
