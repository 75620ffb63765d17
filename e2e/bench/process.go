package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// execute runs a program to its end, and returns its time ("s"), its CPU time on all cores ("cpu") and its peak of resident memory
// ("MB").
func execute(ctx context.Context, dir, name string, args ...string) (values, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	started := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	peak := watchMemory(command.Process.Pid)
	err := command.Wait()
	took, most := time.Since(started), peak()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", command, err, printed.Bytes())
	}
	state := command.ProcessState
	return values{"s": took.Seconds(), "cpu": (state.UserTime() + state.SystemTime()).Seconds(), "MB": most}, nil
}

// watchMemory observes the peak of a process's resident memory each 2 ms. The function returns it in MB, once the process has ended.
// That of wait4(2) will not do: it is no less than what this process had when it started the other.
func watchMemory(pid int) (peak func() float64) {
	most, over, ended := 0.0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-over:
				return
			case <-time.After(2 * time.Millisecond):
			}
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, after, found := strings.Cut(string(text), "VmHWM:"); found {
				var kB float64
				fmt.Sscan(after, &kB)
				most = max(most, kB*1024/1e6)
			}
		}
	}()
	return func() float64 {
		close(over)
		<-ended
		return most
	}
}

// server is a program that serves HTTP.
type server struct {
	address string // host and port
	command *exec.Cmd
	ended   chan struct{}
	printed *bytes.Buffer // to be read after the end
}

// serve starts a program and waits until it replies. command is given a free address to listen at.
func serve(ctx context.Context, command func(address string) *exec.Cmd) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{address: listener.Addr().String(), ended: make(chan struct{}), printed: &bytes.Buffer{}}
	listener.Close()
	s.command = command(s.address)
	s.command.Stdout, s.command.Stderr = s.printed, s.printed
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.command.Wait()
		close(s.ended)
	}()
	for {
		if response, err := http.Get("http://" + s.address + "/"); err == nil { // whatever it replies
			return s, response.Body.Close()
		}
		select {
		case <-s.ended:
			return nil, fmt.Errorf("%s ended: %s", s.command, s.printed)
		case <-ctx.Done():
			s.stop()
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stop ends the server and waits for it. Later calls do nothing.
func (s *server) stop() {
	s.command.Process.Signal(os.Interrupt)
	select {
	case <-s.ended:
	case <-time.After(time.Minute):
		s.command.Process.Kill()
		<-s.ended
	}
}

// cpu returns the CPU time that the server and its child processes have used on all cores, in seconds, to a hundredth.
func (s *server) cpu() (float64, error) {
	pid := strconv.Itoa(s.command.Process.Pid)
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	ticks, found := 0.0, false
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		// proc_pid_stat(5): the name in brackets may hold anything. Fields 4, 14 and 15 are the parent, utime and stime.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		own := filepath.Base(filepath.Dir(name)) == pid
		if !own && fields[1] != pid {
			continue
		}
		found = found || own
		for _, field := range fields[11:13] {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			ticks += n
		}
	}
	if !found {
		return 0, fmt.Errorf("%s has ended: %s", s.command, s.printed)
	}
	const ticksPerSecond = 100 // USER_HZ
	return ticks / ticksPerSecond, nil
}

// loadAverage returns the load of the machine in the last minute.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	load, _, _ := strings.Cut(string(text), " ")
	return load
}

// machine describes the processor.
var machine = sync.OnceValue(func() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, after, _ := strings.Cut(string(text), "model name\t: ")
	model, _, _ := strings.Cut(after, "\n")
	return fmt.Sprintf("%d cores, %s", runtime.NumCPU(), model)
})
