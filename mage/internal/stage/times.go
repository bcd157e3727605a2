// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Times lists where the time of the stages went that have ended, in order. A stage whose output
// was cached has the times of the run that made it, or no phases if they are not known.
func (r *Runner) Times() []timing.Stage { return slices.Clone(r.times) }

// timesOf keeps the times of a stage that has made an output with the output, or returns those that
// were kept. Everything works without them, so a failure is a warning.
func (r *Runner) timesOf(ctx context.Context, s *ui.Stage, entry stagecache.Entry) timing.Stage {
	times := s.Times()
	var err error
	if entry.Hit {
		times, err = keptTimes(entry)
	} else {
		var data []byte
		if data, err = timing.Text(times); err == nil {
			err = entry.WriteNotes(data)
		}
	}
	if err != nil {
		r.Log.WarnContext(ctx, "the record of a stage's times is missing", "stage", entry.Stage, "because", err)
	}
	return times
}

// keptTimes are the times of the run that made a cached output.
func keptTimes(entry stagecache.Entry) (timing.Stage, error) {
	times := timing.Stage{Stage: entry.Stage, Cached: true}
	data, err := entry.Notes()
	if err != nil || data == nil {
		return times, err
	}
	if err := json.Unmarshal(data, &times); err != nil {
		return timing.Stage{Stage: entry.Stage, Cached: true}, fmt.Errorf("read the times of stage %s: %w", entry.Stage, err)
	}
	times.Cached = true
	return times, nil
}
