// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// rowCheck asks one question about a release and puts the answer into the row;
// hit says that the answer was known.
type rowCheck func(ctx context.Context, row *ReleaseRow) (hit bool, err error)

// eachRow runs a check for each row, a few together. What fails is the row's,
// and the walk goes on: only the end of ctx ends it.
func (p *Pipeline) eachRow(ctx context.Context, name string, together int, r *Releases, check rowCheck) error {
	w := &walk{stage: p.Begin(name), total: len(r.Rows)}
	rows := make(chan *ReleaseRow)
	var all sync.WaitGroup
	for range together {
		all.Go(func() {
			for row := range rows {
				w.starts(row)
				hit, err := check(ctx, row)
				w.ended(row, hit, err)
			}
		})
	}
	for _, row := range r.Rows {
		if ctx.Err() != nil {
			break
		}
		rows <- row
	}
	close(rows)
	all.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return p.End(name, w.stage, false, cause)
	}
	if w.damage != nil {
		return p.End(name, w.stage, false, w.damage)
	}
	w.stage.Note(w.summary())
	return p.End(name, w.stage, w.ran == 0, nil)
}

// walk counts what came of the rows and shows it.
type walk struct {
	stage *ui.Stage
	total int

	mu                sync.Mutex
	done, ran, failed int
	damage            error // of the cache: it says nothing of a release
}

func (w *walk) starts(row *ReleaseRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stage.Step(w.done, w.total, row.Release.Name)
}

func (w *walk) ended(row *ReleaseRow, hit bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	if !hit {
		w.ran++
	}
	if _, damaged := errors.AsType[*stagecache.DamageError](err); damaged {
		w.damage = err
	}
	if err != nil {
		w.failed++
		_, _ = fmt.Fprintf(w.stage.Log(), "%s: %v\n", row.Release.Name, err)
	}
	w.stage.Step(w.done, w.total, row.Release.Name)
}

func (w *walk) summary() string {
	text := fmt.Sprintf("%s, %d rebuilt", CountReleases(w.total), w.ran)
	if w.failed > 0 {
		text += fmt.Sprintf(", %d failed", w.failed)
	}
	return text
}
