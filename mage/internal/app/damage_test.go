// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// A damaged output of the cache costs time, and no second command.
func TestCallIsMadeAgainAfterDamage(t *testing.T) {
	a := &App{pipeline: &pipeline.Pipeline{Runner: &stage.Runner{Log: slog.New(slog.DiscardHandler)}}}
	damage := fmt.Errorf("rpm: %w", &stagecache.DamageError{Stage: "source"})
	failure := errors.New("it does not compile")
	for _, tt := range []struct {
		name   string
		gives  []error // the last one from then on
		want   error
		called int
	}{
		{"no damage", []error{nil}, nil, 1},
		{"a failure", []error{failure}, failure, 1},
		{"one damaged output", []error{damage, nil}, nil, 2},
		{"two, then a failure", []error{damage, damage, failure}, failure, 3},
		{"a disk that goes on", []error{damage}, damage, 6},
	} {
		called := 0
		err := a.make(t.Context(), func(*App, context.Context) error {
			called++
			return tt.gives[min(called, len(tt.gives))-1]
		})
		if !errors.Is(err, tt.want) || called != tt.called {
			t.Errorf("%s: got %v after %d calls, want %v after %d", tt.name, err, called, tt.want, tt.called)
		}
	}
}
