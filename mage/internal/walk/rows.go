// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// rowCheck makes one check of a release and records the result in the row; hit means that it
// was cached. s shows the check of all rows.
type rowCheck func(ctx context.Context, s *ui.Stage, row *Row) (hit bool, err error)

// groupCheck makes a check of several releases at once, as far as it can: what it has not done is
// done for each row.
type groupCheck func(ctx context.Context, s *ui.Stage, rows []*Row) error

// eachRow runs a check for each row, a few at a time. A failure is recorded in its row and the
// walk continues; only the end of ctx stops it.
func (w *Walker) eachRow(ctx context.Context, name string, together int, r *Releases, check rowCheck) error {
	return w.eachGroup(ctx, name, together, 1, r, func(context.Context, *ui.Stage, []*Row) error { return nil }, check)
}

// eachGroup is eachRow, and before that runs first for groups of up to most neighbouring rows.
func (w *Walker) eachGroup(
	ctx context.Context, name string, together, most int, r *Releases, first groupCheck, check rowCheck,
) error {
	t := &tally{stage: w.Begin(name), total: len(r.Rows)}
	groups := make(chan []*Row)
	var all sync.WaitGroup
	for range together {
		all.Go(func() {
			for rows := range groups {
				t.starts(rows[0])
				failed := first(ctx, t.stage, rows)
				for _, row := range rows {
					if failed != nil {
						t.ended(row, false, failed)
						continue
					}
					hit, err := check(ctx, t.stage, row)
					t.ended(row, hit, err)
				}
			}
		})
	}
	size := min(most, (len(r.Rows)+together-1)/together)
	for rows := range slices.Chunk(r.Rows, max(1, size)) {
		if ctx.Err() != nil {
			break
		}
		groups <- rows
	}
	close(groups)
	all.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return w.End(name, t.stage, false, cause)
	}
	if t.damage != nil {
		return w.End(name, t.stage, false, t.damage)
	}
	t.stage.Note(t.summary())
	return w.End(name, t.stage, t.ran == 0, nil)
}

// tally counts the results of the rows and shows them.
type tally struct {
	stage *ui.Stage
	total int

	mu                sync.Mutex
	done, ran, failed int
	damage            error // of the cache: it is not about a release
}

func (t *tally) starts(row *Row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stage.Step(t.done, t.total, row.Release.Name)
}

func (t *tally) ended(row *Row, hit bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	if !hit {
		t.ran++
	}
	if _, damaged := errors.AsType[*stagecache.DamageError](err); damaged {
		t.damage = err
	}
	if err != nil {
		t.failed++
		_, _ = fmt.Fprintf(t.stage.Log(), "%s: %v\n", row.Release.Name, err)
	}
	t.stage.Step(t.done, t.total, row.Release.Name)
}

func (t *tally) summary() string {
	text := fmt.Sprintf("%s, %d rebuilt", CountReleases(t.total), t.ran)
	if t.failed > 0 {
		text += fmt.Sprintf(", %d failed", t.failed)
	}
	return text
}
