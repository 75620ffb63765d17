package publish

import "time"

const (
	// pauseFactor is how many times longer than a run the pause after it is: publishing takes less than a tenth of a core, also where
	// two work at it, since the garbage of a run is collected meanwhile.
	pauseFactor = 20
	// longestPause bounds how old results get because of pauses.
	longestPause = time.Minute
)

// Pause returns how long after the end of a run that took so long the next one begins at the earliest.
func Pause(took time.Duration) time.Duration {
	if took > longestPause/pauseFactor {
		return longestPause
	}
	return pauseFactor * max(0, took)
}
