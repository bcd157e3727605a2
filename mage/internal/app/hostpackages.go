// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

// installHostPackage installs a Debian package on this machine if it runs Debian and
// the user is root; otherwise the error says what to do.
func (a *App) installHostPackage(ctx context.Context, name string) error {
	s := a.ui.Stage("install "+name, 0, 0)
	if err := stage.HostScript(ctx, s, "host-packages.sh", name); err != nil {
		s.Fail(err)
		return err
	}
	s.Done()
	return nil
}
