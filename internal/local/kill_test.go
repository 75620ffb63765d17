package local_test

import (
	"bufio"
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
)

const killed = `
title: Killed
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: rated, type: rating, steps: 5, label: Rated}
results: {min_group: 5}
`

func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("killed.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestMain lets tests run this program as a process of its own.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("GLASSPOLL_TEST_WRITER") != "":
		writeForEver(os.Getenv("GLASSPOLL_TEST_WRITER"))
	case os.Getenv("GLASSPOLL_TEST_FULL") != "":
		fillDisk(os.Getenv("GLASSPOLL_TEST_FULL"))
	case os.Getenv("GLASSPOLL_TEST_FULL_BACKUP") != "":
		backUpToFullDisk(os.Getenv("GLASSPOLL_TEST_FULL_BACKUP"))
	default:
		os.Exit(m.Run())
	}
}

// writeForEver stores and imports responses, prints the id of each that is acknowledged, and publishes at the same time.
func writeForEver(directory string) {
	s, _ := questionnaire.Parse("killed.yaml", []byte(killed))
	opened, err := local.Open(filepath.Join(directory, "glasspoll.db"))
	if err == nil {
		err = opened.PutDefinition(context.Background(), s)
	}
	if err == nil {
		var pages *local.Pages
		if pages, err = local.OpenPages(filepath.Join(directory, "public")); err == nil {
			go func() {
				p := publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Progress: opened, Pages: pages, Renderer: figures{}, Now: time.Now})
				for {
					if _, err := p.Publish(context.Background(), s); err != nil {
						fmt.Println("error", err)
					}
				}
			}()
		}
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var printing sync.Mutex
	for range 16 {
		go func() {
			for {
				r := answer.Response{ID: uuid.NewString(), Survey: "killed", Version: s.Version, Period: "all", Answers: []answer.Answer{{"rated", "4"}}}
				_, err := opened.Put(context.Background(), r)
				printing.Lock()
				if err != nil {
					fmt.Println("error", err)
				} else {
					fmt.Println(r.ID)
				}
				printing.Unlock()
			}
		}()
	}
	go func() {
		for {
			line := redeemOne(opened)
			printing.Lock()
			fmt.Print(line)
			printing.Unlock()
		}
	}()
	for {
		batch := make([]store.Entry, importBatch)
		lines := ""
		for i := range batch {
			r := answer.Response{ID: uuid.NewString(), Survey: "carried", Period: "all", Answers: []answer.Answer{{"rated", "4"}}, Private: []answer.Answer{{"mail", "a@b.example"}}}
			if i%5 == 4 {
				r = r.Tombstone(nil)
			}
			batch[i] = store.Entry{Arrived: time.Unix(int64(i), 0), Response: r}
			lines += "carried " + r.ID + "\n"
		}
		if n, err := opened.Import(context.Background(), "carried", "all", batch); n != importBatch || err != nil {
			lines = fmt.Sprintln("error", n, err)
		}
		printing.Lock()
		fmt.Print(lines)
		printing.Unlock()
	}
}

// redeemOne invites somebody who answers by the invitation, and returns the line to print.
func redeemOne(opened *local.Store) string {
	secret, err := invitation.NewSecret(cryptorand.Reader)
	if err != nil {
		return fmt.Sprintln("error", err)
	}
	ctx, hash := context.Background(), secret.Hash()
	if added, err := opened.PutInvitations(ctx, []invitation.Invitation{{Hash: hash, Survey: "invited"}}); added != 1 || err != nil {
		return fmt.Sprintln("error", added, err)
	}
	r := answer.Response{ID: uuid.NewString(), Survey: "invited", Period: "all", Answers: []answer.Answer{{"rated", "4"}}}
	created, err := opened.Redeem(ctx, store.Redemption{Response: r, Hash: hash, Identified: true, Day: time.Unix(0, 0)})
	if !created || err != nil {
		return fmt.Sprintln("error", created, err)
	}
	return "redeemed " + r.ID + " " + hash.String() + "\n"
}

// checkRedeemed checks what a killed process has redeemed: what was acknowledged is marked, and there are as many marks as
// answers, each of which names its own.
func checkRedeemed(t *testing.T, opened *local.Store, acknowledged map[string]string) {
	t.Helper()
	ctx := context.Background()
	marks := map[string]string{} // hash by answer
	for i, err := range opened.InvitationsOf(ctx, "invited") {
		if err != nil {
			t.Fatal(err)
		}
		if i.Redeemed {
			marks[i.Answer] = i.Hash.String()
		}
	}
	n := 0
	for e, err := range opened.After(ctx, "invited", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		if marks[e.Response.ID] == "" {
			t.Errorf("%s is in the log, and no invitation is marked", e.Response.ID)
		}
		n++
	}
	if n != len(marks) || n == 0 {
		t.Errorf("%d answers by %d invitations", n, len(marks))
	}
	for id, hash := range acknowledged {
		if marks[id] != hash {
			t.Errorf("%s was acknowledged for invitation %s, and the mark is %q", id, hash, marks[id])
		}
	}
}

// importBatch is how many responses the killed process imports at a time.
const importBatch = 20

// checkCarried checks what a killed process has imported: what was acknowledged is there, once, and each batch as a whole.
func checkCarried(t *testing.T, opened *local.Store, acknowledged []string) {
	t.Helper()
	count := map[string]int{}
	n := 0
	for e, err := range opened.After(context.Background(), "carried", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		private, err := opened.Private(context.Background(), "carried", "all", e.Response.ID)
		if gone := n%5 == 4; err != nil || e.Response.Withdrawn != gone || (len(private) == 0) != gone || !e.Arrived.Equal(time.Unix(int64(n%importBatch), 0)) {
			t.Errorf("imported entry %d: %+v, private %v, %v", n, e, private, err)
		}
		count[e.Response.ID]++
		n++
	}
	if n%importBatch != 0 || n != len(count) || n == 0 {
		t.Errorf("%d imported responses, %d ids, in batches of %d", n, len(count), importBatch)
	}
	for _, id := range acknowledged {
		if count[id] != 1 {
			t.Errorf("import of %s was acknowledged, and it is in the log %d times", id, count[id])
		}
	}
}

type figures struct{}

func (figures) HTML(w io.Writer, p results.Page) error {
	_, err := fmt.Fprintln(w, p.Set.Report.Revision, p.Language, p.Root)
	return err
}

func (f figures) JSON(w io.Writer, p results.Page) error { return f.HTML(w, p) }
func (f figures) CSV(w io.Writer, p results.Page) error  { return f.HTML(w, p) }

// TestKilled kills a process at random moments, many times: every acknowledged response is in the log, once, and counted.
func TestKilled(t *testing.T) {
	t.Parallel()
	rounds := soak.Cases(25, 250)
	directory := t.TempDir()
	acknowledged := map[string]bool{}
	var carried []string
	redeemed := map[string]string{}
	for range rounds {
		command := exec.Command(os.Args[0])
		command.Env = append(os.Environ(), "GLASSPOLL_TEST_WRITER="+directory)
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(output)
		first := true
		for lines.Scan() {
			line := lines.Text()
			if strings.HasPrefix(line, "error") {
				command.Process.Kill()
				t.Fatal(line)
			}
			id, imported := strings.CutPrefix(line, "carried ")
			used, invited := strings.CutPrefix(line, "redeemed ")
			switch {
			case invited:
				if id, hash, _ := strings.Cut(used, " "); len(hash) == 2*invitation.HashSize {
					redeemed[id] = hash
				}
			case len(id) != 36: // the line is cut short
			case imported:
				carried = append(carried, id)
			default:
				acknowledged[id] = true
			}
			if first { // kill it some time after the first line
				time.AfterFunc(time.Duration(rand.IntN(100_000))*time.Microsecond, func() { command.Process.Kill() })
				first = false
			}
		}
		command.Wait() // killed
		if first {
			t.Fatal("the writer has written nothing")
		}
	}

	opened, err := local.Open(filepath.Join(directory, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	pages, err := local.OpenPages(filepath.Join(directory, "public"))
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	ctx := context.Background()
	s := parse(t, killed)
	out, err := publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Progress: opened, Pages: pages, Renderer: figures{}, Now: time.Now}).Publish(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	checkCarried(t, opened, carried)
	checkRedeemed(t, opened, redeemed)
	count := map[string]int{}
	for entry, err := range opened.After(ctx, "killed", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		count[entry.Response.ID]++
	}
	counted, _, err := opened.Tally(ctx, "killed", "all")
	if err != nil {
		t.Fatal(err)
	}
	for id := range acknowledged {
		if count[id] != 1 {
			t.Errorf("%s was acknowledged, and is in the log %d times", id, count[id])
		}
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("%s is in the log %d times", id, n)
		}
	}
	latest, err := opened.Latest(ctx, "killed")
	if err != nil || len(latest) != 1 || latest[0].Number != counted.Release {
		t.Fatalf("the tally is that of release %d, the last one is %+v, %v", counted.Release, latest, err)
	}
	if n := int64(len(count)); counted.Received() != n || counted.Waiting()+latest[0].Respondents() != n || counted.Waiting() >= 5 {
		t.Errorf("of %d responses %d were counted, %d wait, and %d are in blocks", n, counted.Received(), counted.Waiting(), latest[0].Respondents())
	}
	if got := out.Report.Periods[0].Respondents; got != latest[0].Respondents() {
		t.Errorf("published %d of %d", got, latest[0].Respondents())
	}
	again := slices.Sorted(maps.Keys(count))
	storetest.Concurrently(t, 64, min(len(again), 500), func(i int) error { // each id is still known
		r := answer.Response{ID: again[i], Survey: "killed", Version: s.Version, Period: "next", Answers: []answer.Answer{{"rated", "4"}}}
		if created, err := opened.Put(ctx, r); created || err != nil {
			return fmt.Errorf("%s is stored again: %v, %w", r.ID, created, err)
		}
		r.Answers = []answer.Answer{{"rated", "1"}}
		if created, err := opened.Put(ctx, r); created || !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("other answers are stored under %s: %v, %w", r.ID, created, err)
		}
		return nil
	})
	t.Logf("%d rounds, %d acknowledged, %d in the log", rounds, len(acknowledged), len(count))
}
