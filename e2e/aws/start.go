package aws

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// TimeToFirstRequest measures the time from starting a function's binary to its first request for an event.
func TimeToFirstRequest(ctx context.Context, binary string, env []string) (time.Duration, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	asked := make(chan time.Time, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2018-06-01/runtime/invocation/next" {
			select {
			case asked <- time.Now():
			default:
			}
			<-r.Context().Done()
			return
		}
		if r.URL.Path == "/2020-01-01/extension/register" {
			w.Header().Set("Lambda-Extension-Identifier", "1")
			fmt.Fprint(w, "{}")
			return
		}
		<-r.Context().Done()
	})}
	go server.Serve(listener)
	defer server.Close()
	command := exec.CommandContext(ctx, binary)
	command.Env = append(append(os.Environ(), env...), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=test")
	begin := time.Now()
	if err := command.Start(); err != nil {
		return 0, err
	}
	defer command.Wait()
	defer command.Process.Kill()
	select {
	case at := <-asked:
		return at.Sub(begin), nil
	case <-time.After(2 * time.Minute): // hangs
		return 0, fmt.Errorf("%s does not ask for an event", binary)
	}
}
