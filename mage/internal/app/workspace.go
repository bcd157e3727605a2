// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/owned"
)

const tempVariable = "TMPDIR"

// workspace is a run's share of the cache directory: a lock that other runs share,
// and a directory for temporary files, also for those of the programs that it
// starts. What a killed run leaves in it is removed by the next run, or with the
// cache.
type workspace struct {
	hold    *owned.Hold
	scratch *owned.Scratch
	temp    *string // the user's TMPDIR; nil if not set
}

func openWorkspace(ctx context.Context, f *folders) (w *workspace, err error) {
	if err := owned.CheckTemp(); err != nil {
		return nil, err
	}
	w = &workspace{}
	if w.hold, err = owned.Share(ctx, f.cache); err != nil {
		return nil, fmt.Errorf("use the cache (set %s to choose another): %w", cacheVariable, err)
	}
	if w.scratch, err = owned.NewScratch(f.scratch()); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if temp, ok := os.LookupEnv(tempVariable); ok {
		w.temp = &temp
	}
	if err := os.Setenv(tempVariable, w.scratch.Dir); err != nil {
		return nil, errors.Join(fmt.Errorf("set the directory for temporary files: %w", err), w.close())
	}
	return w, nil
}

// userEnv is the environment as the user has it: for tests, which may need a short
// path for their sockets.
func (w *workspace) userEnv() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tempVariable+"=") })
	if w.temp != nil {
		env = append(env, tempVariable+"="+*w.temp)
	}
	return env
}

func (w *workspace) close() error {
	if w.scratch != nil {
		if w.temp != nil {
			_ = os.Setenv(tempVariable, *w.temp)
		} else {
			_ = os.Unsetenv(tempVariable)
		}
	}
	err := w.scratch.Close()
	w.hold.Release()
	return err
}
