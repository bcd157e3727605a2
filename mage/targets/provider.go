// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Provider is the namespace of what concerns a provider's folder.
type Provider mg.Namespace

// New makes the folder of a new provider.
func (Provider) New(ctx context.Context,
	name string, // the provider's name: a C name, such as rib
	dir *string, // where the folder goes (default provider/NAME)
	maintainer *string, // who answers for it, as "NAME <ADDRESS>"
) error {
	return app.Run(ctx, app.Flags{}, func(a *app.App, ctx context.Context) error {
		return a.ProviderNew(ctx, app.NewProvider{Name: name, Dir: dir, Maintainer: maintainer})
	})
}
