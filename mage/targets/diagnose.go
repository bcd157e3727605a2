// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// DIAGNOSE says of each verbs device which provider takes it and by which rule, or why none does and what to do.
func DIAGNOSE(ctx context.Context,
	root *string, // directory with a machine's files (default this machine)
	image *string, // container image instead of this machine
	packages *string, // what would be after installing these files, or the packages in these directories; separated by commas
	dist *string, // the same for each directory with packages in dist/, or in the one that is given
	json *bool, // JSON instead of text (default false)
) error {
	return app.Diagnose(ctx, app.DiagnoseFlags{Root: root, Image: image, Packages: packages, Dist: dist, JSON: json})
}

// Diagnose is the namespace of what belongs to it.
type Diagnose mg.Namespace

// Build builds diagnose as one static program each for amd64 and arm64, for machines without Go.
func (Diagnose) Build(ctx context.Context) error {
	return app.Run(ctx, app.Flags{}, (*app.App).DiagnoseBuild)
}
