// Command bench measures the program as its users meet it, beside peers, and prints one table: building, live reload, accepting
// answers, publishing, exports, backups, serving pages. A file per case says what it does.
//
// All programs run on this machine, in turns, round by round, and so does what sends the requests: what counts is one figure beside
// another of the same round, and ratios are worked out so. It needs Linux, for the CPU time and the memory of processes. `make bench`
// runs it. Hugo and PocketBase come from their Go modules, whose checksums Go verifies, into .cache/bench; nginx is the one that is
// installed. A peer that is missing is left out, and the table says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sizes say how much is measured.
type sizes struct {
	rounds    int
	surveys   int           // of a site that is built
	questions int           // of each survey
	clients   []int         // at once
	groups    []int         // of a survey whose results are published
	turn      time.Duration // of load on one program
	publish   time.Duration // of publishing, after as long a start that is not counted, up to 5 s
	answers   int           // exported, and in the store while a backup is taken
}

// fullSizes are those of the table. A million answers take half an hour to store on a slow machine: -answers 1000000.
var fullSizes = sizes{rounds: 3, surveys: 1000, questions: 30, clients: []int{1, 64, 256}, groups: []int{20, 100}, turn: 2 * time.Second, publish: 10 * time.Second, answers: 100_000}

// A benchmark is a case of the table.
type benchmark struct {
	name string // for -only
	run  func(b *bench, ctx context.Context) ([]row, error)
}

var benchmarks = []benchmark{
	{"build", (*bench).build},
	{"reload", (*bench).reload},
	{"accept", (*bench).accept},
	{"publish", (*bench).publish},
	{"export", (*bench).export},
	{"backup", (*bench).backup},
	{"pages", (*bench).pages},
}

// bench holds what cases share.
type bench struct {
	sizes
	dir      string     // for what programs write; emptied by each case
	programs []*program // Glasspoll as it is, and as it was
	peers    peers
	progress io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	size, o := fullSizes, options{}
	flag.IntVar(&size.rounds, "n", size.rounds, "rounds: each program is measured once in each")
	flag.IntVar(&size.surveys, "surveys", size.surveys, "surveys of the site that is built")
	flag.IntVar(&size.answers, "answers", size.answers, "answers that are exported and backed up")
	flag.DurationVar(&size.turn, "turn", size.turn, "how long requests are sent to a program in a round")
	flag.DurationVar(&size.publish, "publish", size.publish, "how long publishing is observed in a round")
	flag.StringVar(&o.root, "root", "..", "directory of the project")
	flag.StringVar(&o.dir, "dir", "", "directory for what the programs write, best on a disk like that of production; default: .cache/bench of the project")
	flag.StringVar(&o.base, "base", "", "a commit: the program as it was then is measured as well")
	flag.StringVar(&o.only, "only", "", "cases to run, with commas; default: all")
	flag.BoolVar(&o.withoutPeers, "without-peers", false, "measure no other programs")
	flag.BoolVar(&o.readme, "readme", false, "put the table into README.md, in place of the one there")
	flag.Parse()
	if err := run(ctx, size, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	root, dir, base, only string
	withoutPeers, readme  bool
}

func run(ctx context.Context, size sizes, o options, out, progress io.Writer) (err error) {
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	if size.rounds < 1 || size.surveys < 1 || size.answers < 1 || size.turn <= 0 || size.publish <= 0 {
		return errors.New("sizes must be positive")
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return err
	}
	cache := filepath.Join(o.root, ".cache", "bench")
	if o.dir == "" {
		o.dir = cache
	}
	if err := errors.Join(os.MkdirAll(cache, 0o777), os.MkdirAll(o.dir, 0o777)); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(o.dir, "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if scratch, err = filepath.Abs(scratch); err != nil { // programs run in other directories
		return err
	}
	b := &bench{sizes: size, dir: filepath.Join(scratch, "case"), progress: progress}
	if b.programs, err = programs(ctx, o, cache, scratch); err != nil {
		return err
	}
	if !o.withoutPeers {
		b.peers = findPeers(ctx, cache, progress)
	}
	t := table{before: o.base, started: time.Now(), load: loadAverage()}
	for _, one := range chosen {
		fmt.Fprintf(progress, "%s %s\n", time.Now().Format("15:04:05"), one.name)
		if err := os.Mkdir(b.dir, 0o777); err != nil {
			return err
		}
		rows, err := one.run(b, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		t.rows = append(t.rows, rows...)
		if err := os.RemoveAll(b.dir); err != nil {
			return err
		}
	}
	t.foot = b.foot(t)
	if o.readme {
		return t.writeInto(filepath.Join(o.root, "README.md"))
	}
	return t.write(out)
}

func choose(only string) (chosen []benchmark, err error) {
	if only == "" {
		return benchmarks, nil
	}
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(benchmarks, func(b benchmark) bool { return b.name == name })
		if i < 0 {
			return nil, fmt.Errorf("-only: there is no case %q", name)
		}
		chosen = append(chosen, benchmarks[i])
	}
	return chosen, nil
}
