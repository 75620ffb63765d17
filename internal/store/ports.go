package store

import (
	"context"
	"iter"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Definitions finds compiled questionnaires.
type Definitions interface {
	// Definition returns a survey in the given version, or in the one in force if version is "". The survey is shared and
	// read-only. The error is ErrUnknown if there is no such survey or version. A version never changes; which one is in
	// force may be read with a delay of half a minute.
	Definition(ctx context.Context, id, version string) (*survey.Survey, error)
}

// DefinitionWriter stores versions of questionnaires and puts them in force.
type DefinitionWriter interface {
	// StoreDefinition stores a compiled survey under its version, durably, and leaves in force what is. It is an error if the
	// version is stored with another content: that is never replaced.
	StoreDefinition(ctx context.Context, s *survey.Survey) error

	// PutDefinition stores a compiled survey as StoreDefinition does, and puts that version in force, durably.
	PutDefinition(ctx context.Context, s *survey.Survey) error
}

// Catalog lists the surveys.
type Catalog interface {
	// Surveys lists the ids of all surveys that have ever been in force, in order.
	Surveys(ctx context.Context) ([]string, error)

	// Versions lists the versions of a survey's questionnaire that are stored, in order; the one in force is among them.
	Versions(ctx context.Context, survey string) ([]string, error)
}

// Responses takes answers. It cannot return any.
type Responses interface {
	// Put stores a response unless its id is taken in its survey, and stamps its arrival. It returns once the response is
	// durable. An id is taken once and for all: neither the period nor the time makes a difference, and a tombstone
	// keeps its id. If the id is taken by the same answers, Put returns false and no error; if by others, ErrConflict; if by a
	// tombstone, ErrWithdrawn, which does not tell whether it was of the same answers. The same holds for each id in also,
	// under which the same submission may have been stored before. ErrTooLarge says that the response can never be stored,
	// ErrPermanent that nothing can be at present. After any other error the response may or may not be stored: Put it again.
	Put(ctx context.Context, r answer.Response, also ...string) (created bool, err error)
}

// Collector brings stored responses into the log.
type Collector interface {
	// Collect appends to the logs of a survey every response that is not in them yet: all that were stored before the call,
	// whatever the clocks of the processes that stored them say. It looks for them in the current period, if the survey is
	// known, in the one before, as long as it may get more, and in the periods that names has. If names has parts of periods
	// and nothing else, see [PartName], it need not look elsewhere. Each response gets into its log once, however many collect
	// at the same time and wherever they are interrupted. If half of the time until the context's deadline has passed, Collect
	// may return ErrMore, which leaves the rest to another call. A back end whose Put writes the log itself has nothing to do.
	Collect(ctx context.Context, survey string, names ...string) error
}

// Log reads the responses of a survey's period in one order that never changes: each response gets its place when it is
// collected, behind all that have one, and keeps it. So whoever has read a log up to a cursor has nothing to read again, and
// a response that was stored late, or by a process whose clock is wrong, is still read. Reads are strongly consistent.
type Log interface {
	// Periods lists the periods in which a survey has any response in the log, in order.
	Periods(ctx context.Context, survey string) ([]string, error)

	// Ends returns for each of these periods the cursor of its log's last entry. It is one cheap read, however many periods
	// there are and however long they are: what still has the same end has nothing new.
	Ends(ctx context.Context, survey string) (map[string]string, error)

	// After yields the entries after a cursor ("" for all), in order. It stops at the first error, which it yields. Where
	// responses have been deleted after a retention time, it goes on behind them. Between two entries the caller may call
	// whatever it likes, and take its time.
	After(ctx context.Context, survey, period, cursor string) iter.Seq2[Entry, error]
}

// PrivateAnswers reads the answers that are kept apart from the log.
type PrivateAnswers interface {
	// Private returns the private answers of a response; none if it has none or there is no such response.
	Private(ctx context.Context, survey, period, id string) ([]answer.Answer, error)
}

// Tallies keeps one tally for each period: who is in no block of a release yet. They are a cache of a fold over the log, of
// which the last release says who is in blocks: losing one costs time only, except that responses which were deleted after a
// retention time are known from the tally alone.
type Tallies interface {
	// Tally returns a period's tally and its revision; nil and 0 if there is none. The read is strongly consistent, and the
	// tally is the caller's own. If it is ErrDamaged, the revision is returned with the error.
	Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error)

	// SaveTally replaces a period's tally if its revision is still the given one, else it returns ErrStale. The new revision
	// is one more.
	SaveTally(ctx context.Context, survey, period string, t *tally.Tally, revision int) error
}

// Releases keeps what has been made public. A release is never changed or removed.
type Releases interface {
	// Latest returns the latest release of each period of a survey that has one, in the order of the periods. The releases
	// are shared and read-only: one that has not changed since the last call is not read again.
	Latest(ctx context.Context, survey string) ([]*release.Release, error)

	// Append stores a release, and in the same transaction replaces its period's tally by t, from which the respondents that
	// the release makes public have been taken out: both or neither, durably. It returns ErrStale, and changes nothing, if the
	// number is taken in the period, or if the tally's revision is not the given one (0: there is no tally). The tally's new
	// revision is one more. It is an error if the number does not follow the last one. From then on the release is shared
	// and read-only.
	Append(ctx context.Context, r *release.Release, t *tally.Tally, revision int) error
}

// History reads old releases.
type History interface {
	// History yields all releases of a period, oldest first. It stops at the first error, which it yields.
	History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error]
}

// Pages holds the published files.
type Pages interface {
	// Page returns the tag of what is at a path now, and the revision it was written with; "" and 0 if there is nothing.
	Page(ctx context.Context, path string) (tag string, revision int, err error)

	// Replace writes a page if what is there still has the given tag ("": nothing is there), else it returns ErrStale. It
	// returns the page's new tag. Readers see the old page or the new one, never a part. Where pages are files, a loss of power may
	// bring the old one back until they are synced.
	Replace(ctx context.Context, path, tag string, revision int, body []byte) (newTag string, err error)
}

// Sidecars reads what an author keeps beside a questionnaire: measures and reviewed quotes.
type Sidecars interface {
	// Actions returns those of a survey; the zero value if there are none.
	Actions(ctx context.Context, survey string) (survey.Actions, error)
}

// Cases keeps the cases that alerts have opened.
type Cases interface {
	// OpenCase stores a case, durably, unless there is one with its id, and reports whether it did. If it did, the news
	// about it is in the outbox from the same instant on.
	OpenCase(ctx context.Context, c *cases.Case, also ...news.Item) (opened bool, err error)

	// CasesOf returns all cases of a survey, in the order of their ids. The read is strongly consistent.
	CasesOf(ctx context.Context, survey string) ([]*cases.Case, error)

	// SaveCase replaces a case if its revision is still the one that was read, else it returns ErrStale. It sets the case's
	// new revision. If it did, the news about it is in the outbox from the same instant on.
	SaveCase(ctx context.Context, c *cases.Case, also ...news.Item) error
}

// Erasure takes out the answers of one respondent.
type Erasure interface {
	// Find returns the entries of all responses with an id, of any survey: one, unless a client has used an id for two surveys.
	Find(ctx context.Context, id string) ([]Entry, error)

	// Erase puts a tombstone in the place of a response: its id, so that it cannot come again, its version, its arrival,
	// and those of its answers whose fields are in keep. The other answers are gone, and so are the private ones and the
	// digest by which the same answers would be recognized. It returns false if there is no such response, or only its
	// tombstone.
	Erase(ctx context.Context, survey, id string, keep []string) (erased bool, err error)
}

// Importer takes over responses that another store has.
type Importer interface {
	// Import stores entries of a survey's period as they are, with their arrivals, tombstones as tombstones, in the given
	// order, but for those whose id is taken in the survey. Their responses have their private answers; their cursors are
	// ignored. It returns how many it has stored. After an error, any of them may have been stored: import them again. Where
	// responses are collected, their order in the log is that of their arrivals.
	Import(ctx context.Context, survey, period string, entries []Entry) (imported int, err error)
}

// Progress keeps how far long tasks have come, so that they can be resumed.
type Progress interface {
	// Progress returns what was saved under a name; "" if nothing was.
	Progress(ctx context.Context, name string) (string, error)

	// SaveProgress replaces what is saved under a name, durably, by something that is not empty.
	SaveProgress(ctx context.Context, name, value string) error
}

// Records is everything that operators' commands use of a back end.
type Records interface {
	Definitions
	Catalog
	Collector
	Log
	PrivateAnswers
	Tallies
	Releases
	History
	Cases
	Outbox
	Announcer
	Erasure
	Progress
	Reviews
}
