// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Report says where the last report is, or makes one of directories in dist/.
func Report(ctx context.Context,
	dist *string, // directories in dist/, separated by commas (default the last report); also as arguments
	open *bool, // open it in a browser (default false)
) error {
	return app.Run(ctx, app.Flags{}, func(a *app.App, ctx context.Context) error {
		return a.Report(ctx, app.ShowReport{Dist: dist, Open: open})
	})
}
