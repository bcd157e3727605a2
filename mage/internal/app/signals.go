// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

var errParentGone = errors.New("the process that started this one is gone")

// untilSignal cancels ctx when the run must end: mage cancels it for Ctrl-C
// alone, and then gives cleanup five seconds; a closed terminal, a service
// manager or a CI runner send other signals, or kill only mage itself.
func untilSignal(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	parent := os.Getppid()
	go func() {
		defer signal.Stop(signals)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				cancel(fmt.Errorf("%w: %v", context.Canceled, s))
				return
			case <-tick.C:
				if os.Getppid() != parent {
					cancel(fmt.Errorf("%w: %w", context.Canceled, errParentGone))
					return
				}
			}
		}
	}()
	return ctx, cancel
}
