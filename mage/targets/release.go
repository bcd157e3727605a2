// SPDX-License-Identifier: Apache-2.0

package targets

import (
	"context"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/resnics/verbsmith/mage/internal/app"
)

// RELEASE signs packages of dist/ and puts them into a directory for a web server, with repositories, bills of materials and provenance.
func RELEASE(ctx context.Context,
	key *string, // file with a private OpenPGP key, or gpg:NAME for one that gpg has
	from *string, // directories in dist/, separated by commas (default all with a provider)
	into *string, // directory that gets them; what was released there before stays (default release)
	url *string, // where customers will find that directory (default as before)
	name *string, // of the repositories (default as before, else the provider's)
	allow *string, // reasons in spite of which packages are released: standin, unverified, dirty, verdicts, unreproduced (default none)
	valid *time.Duration, // how long the signatures of sums and metadata are valid, such as 2160h (default for ever)
	provider *string, // directory of the packages' provider (default that of the recorded name)
	base *string, // base image of the tools: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(nil, nil, nil, provider, base), func(a *app.App, ctx context.Context) error {
		return a.Release(ctx, app.ReleaseFlags{Key: key, From: from, Into: into, URL: url, Name: name, Allow: allow, Valid: valid})
	})
}

// Release is the namespace of released directories.
type Release mg.Namespace

// Prune removes old versions of packages from a released directory, and signs what is left.
func (Release) Prune(ctx context.Context,
	key *string, // file with the private OpenPGP key of the release, or gpg:NAME for one that gpg has
	into *string, // released directory (default release)
	keep *int, // number of versions of each package that stay in each repository (default 2)
	valid *time.Duration, // how long the signatures of sums and metadata are valid, such as 2160h (default for ever)
	base *string, // base image of the tools: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(nil, nil, nil, nil, base), func(a *app.App, ctx context.Context) error {
		return a.ReleasePrune(ctx, app.ReleaseFlags{Key: key, Into: into, Keep: keep, Valid: valid})
	})
}

// Verify checks a released directory as a customer would: every file and signature, and an installation in clean containers.
func (Release) Verify(ctx context.Context,
	release string, // directory, or URL
	key *string, // fingerprint of the key, or a file with it (default the directory's own, which proves nothing of who made it)
	serial *int, // serial that the release was seen with; an older state is refused (default any)
	install *bool, // install in clean containers too (default true)
	base *string, // base image: auto, registry or standin (default auto)
) error {
	return app.Run(ctx, flags(nil, nil, nil, nil, base), func(a *app.App, ctx context.Context) error {
		return a.ReleaseVerify(ctx, app.VerifyFlags{Release: release, Key: key, Serial: serial, Install: install})
	})
}
