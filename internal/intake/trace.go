package intake

import (
	"fmt"
	"runtime"
	"strings"
)

// Trace returns the calls that have led to a panic, without their arguments: of an invitation, those would be the bytes of its
// secret or of its hash. It is for logs.
func Trace() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	var b strings.Builder
	for {
		frame, more := frames.Next()
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", frame.Function, frame.File, frame.Line)
		if !more {
			return b.String()
		}
	}
}
