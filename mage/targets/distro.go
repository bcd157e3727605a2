// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// Distro is the namespace of the distros' images.
type Distro mg.Namespace

// Probe compares a distro's image with what is known of it, and fails on an unexpected difference.
func (Distro) Probe(ctx context.Context,
	distro *string, // distro to probe, or all (default rocky9)
	rdma *string, // rdma-core release whose BuildRequires are asked for (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(distro, rdma, source, nil, base), (*app.App).DistroProbe)
}

// Report runs the probe, all builds and all tests for one distro, and packs logs and results into an archive to send.
func (Distro) Report(ctx context.Context,
	distro *string, // distro to report on (default rocky9)
	rdma *string, // rdma-core release (default 56.1)
	source *string, // tarball, source RPM, or git clone as PATH@REF, instead of a download
	provider *string, // provider: a name in provider/, or a directory (default the repository's own)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(distro, rdma, source, provider, base), (*app.App).DistroReport)
}
