package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"glasspoll/deploy/lambda"
)

// What takes seconds to start or to build is shared by all tests: it is started when the first test needs it, and stopped by
// TestMain. Each test has its own tables and buckets.

// shared holds how to stop what has been started.
var shared struct {
	mu    sync.Mutex
	stops []func()
}

func stopShared() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for _, stop := range shared.stops {
		stop()
	}
}

var (
	startedDynamoDB = sync.OnceValues(startDynamoDB)
	startedS3       = sync.OnceValues(startS3)
)

// dynamoDB returns the URL of DynamoDB Local: the value of DYNAMODB_ENDPOINT, or that of one that it starts.
func dynamoDB(t *testing.T) (endpoint string) {
	t.Helper()
	return startedAddress(t, startedDynamoDB)
}

// s3Server returns the URL of an S3 server that checks signatures and honours If-Match: the value of S3_ENDPOINT, or that of
// one that it starts. Both parts of its credentials are "local".
func s3Server(t *testing.T) (endpoint string) {
	t.Helper()
	return startedAddress(t, startedS3)
}

func startedAddress(t *testing.T, started func() (string, error)) string {
	t.Helper()
	endpoint, err := started()
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

func startDynamoDB() (endpoint string, err error) {
	if endpoint := os.Getenv("DYNAMODB_ENDPOINT"); endpoint != "" {
		return endpoint, nil
	}
	folder, err := filepath.Abs("../.cache/dynamodb/package/aws_dynamodb_local")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(folder); err != nil {
		return "", errors.New("DynamoDB Local is not installed: run `make setup`")
	}
	return startServer(onStop, func(address string) *exec.Cmd {
		_, port, _ := net.SplitHostPort(address)
		command := exec.Command("java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-port", port) // Java 17 or newer
		command.Dir = folder
		return command
	})
}

func startS3() (endpoint string, err error) {
	if endpoint := os.Getenv("S3_ENDPOINT"); endpoint != "" {
		return endpoint, nil
	}
	binary, err := filepath.Abs("../.cache/versitygw/versitygw")
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(binary); err != nil {
		return "", errors.New("the S3 server is not installed: run `make setup`")
	}
	files, err := os.MkdirTemp("", "glasspoll-e2e-s3-")
	if err != nil {
		return "", err
	}
	onStop(func() { os.RemoveAll(files) })
	objects, attributes := filepath.Join(files, "objects"), filepath.Join(files, "attributes")
	if err := errors.Join(os.Mkdir(objects, 0o777), os.Mkdir(attributes, 0o777)); err != nil {
		return "", err
	}
	return startServer(onStop, func(address string) *exec.Cmd {
		command := exec.Command(binary, "--port", address, "--quiet", "posix", "--sidecar", attributes, objects)
		command.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID=local", "ROOT_SECRET_ACCESS_KEY=local")
		return command
	})
}

// names counts the calls of uniqueName.
var names atomic.Int64

// uniqueName returns a name for a table and a bucket. It differs from those of other runs, too, which may use the same servers.
func uniqueName() string {
	return fmt.Sprintf("glasspoll-%d-%d", time.Now().UnixNano(), names.Add(1))
}

// onStop registers a function for TestMain to call after all tests. The last registered is called first.
func onStop(stop func()) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.stops = append([]func(){stop}, shared.stops...)
}

// startServer starts a server at a free address and waits until it listens there. If the server ends instead, which it does
// when another program has taken the address in the meantime, startServer tries another address, three in all. onEnd is given
// what stops it.
func startServer(onEnd func(stop func()), command func(address string) *exec.Cmd) (endpoint string, err error) {
	var failed error
	for range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		address := listener.Addr().String()
		listener.Close()
		server := command(address)
		ended, printed, err := startProcess(onEnd, server)
		if err != nil {
			return "", err
		}
		failed = waitUntilListening(address, ended)
		if failed == nil {
			return "http://" + address, nil
		}
		failed = fmt.Errorf("%s: %w: %s", server, failed, printed)
	}
	return "", failed
}

// startProcess starts a program. onEnd is given what stops it.
func startProcess(onEnd func(stop func()), command *exec.Cmd) (ended <-chan struct{}, printed *output, err error) {
	printed = &output{}
	command.Stdout, command.Stderr = printed, printed
	kill, err := killOnExit(command)
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	done := make(chan struct{})
	go func() {
		command.Wait() // its error is that it was killed
		close(done)
	}()
	onEnd(func() {
		kill()
		<-done
	})
	return done, printed, nil
}

// killOnExit prepares a command, before it is started, to be killed when this process ends, however it ends, or when kill is
// called. A shell runs the command; another one reads from a pipe to which nothing is written, and kills the command when the
// pipe is closed.
func killOnExit(command *exec.Cmd) (kill func(), err error) {
	const script = `exec 3<&0
		"$@" & program=$!
		{ read -r _ <&3; kill -9 $program; } >/dev/null 2>&1 & guard=$!
		wait $program; status=$?
		kill $guard 2>/dev/null
		exit $status`
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, err
	}
	command.Args = append([]string{"sh", "-c", script, "sh", command.Path}, command.Args[1:]...)
	command.Path = shell
	pipe, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	return func() { pipe.Close() }, nil
}

func waitUntilListening(address string, ended <-chan struct{}) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			return errors.New("has exited")
		default:
		}
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			return nil
		}
	}
	return fmt.Errorf("does not listen on %s", address)
}

// functionBinaries returns the path of each function's binary, which it builds once, with the flags of the deployment.
var functionBinaries = map[string]func() (string, error){
	"submit":  sync.OnceValues(func() (string, error) { return buildFunction("submit") }),
	"invite":  sync.OnceValues(func() (string, error) { return buildFunction("invite") }),
	"publish": sync.OnceValues(func() (string, error) { return buildFunction("publish") }),
	"archive": sync.OnceValues(func() (string, error) { return buildFunction("archive") }),
}

// buildFunction builds a function into the directory of the program, which TestMain removes.
func buildFunction(name string) (path string, err error) {
	path = filepath.Join(filepath.Dir(binary), name)
	return path, lambda.Build("..", "./functions/"+name, runtime.GOARCH, path)
}
