// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/publish"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// VerifyFlags are the flags of release:verify that no other target has.
type VerifyFlags struct {
	Release string // directory or URL
	Key     *string
	Serial  *int
	Install *bool
}

// ReleaseVerify is the release:verify target: it checks a released directory as a customer would.
func (a *App) ReleaseVerify(ctx context.Context, f VerifyFlags) error {
	if err := notEmpty("key", f.Key, "a fingerprint, or a file with a public key"); err != nil {
		return err
	}
	dir := absolute(strings.TrimPrefix(f.Release, "file://"))
	if strings.HasPrefix(f.Release, "http://") || strings.HasPrefix(f.Release, "https://") {
		fetched, err := os.MkdirTemp("", "verbsmith-release-")
		if err != nil {
			return fmt.Errorf("create a directory for the release: %w", err)
		}
		defer os.RemoveAll(fetched)
		if err := publish.Fetch(ctx, f.Release, fetched); err != nil {
			return err
		}
		dir = fetched
	}
	ring, note, err := trustedKey(dir, value(f.Key, ""))
	if err != nil {
		return err
	}
	trust := publish.Trust{Ring: ring}
	if f.Serial != nil {
		trust.Serial = *f.Serial
	}
	x, err := publish.Check(ctx, dir, trust)
	if tampered, ok := errors.AsType[*publish.TamperedError](err); ok {
		tampered.Dir = f.Release
	}
	if err != nil {
		return err
	}
	packages := 0
	for _, b := range x.Builds {
		packages += len(b.Packages)
	}
	a.ui.List("checked "+f.Release, []ui.Field{
		{Name: "key", Text: ring.Fingerprint() + note},
		{Name: "serial", Text: fmt.Sprint(x.Serial)},
		{Name: "files", Text: "each is the one that was released"},
		{Name: packagesColumn, Text: count(packages, "package") + ": signatures, lists, bills of materials and provenance agree"},
	})
	if f.Install != nil && !*f.Install {
		return nil
	}
	return a.installReleased(ctx, dir, x)
}

// installReleased installs from each repository in clean containers.
func (a *App) installReleased(ctx context.Context, dir string, x publish.Index) error {
	var suite report.Suite
	for _, repository := range x.Repositories() {
		j, err := a.customerJob(x, repository)
		if err != nil {
			return err
		}
		s := pipeline.NewState(j)
		s.Verify = pipeline.Verify{Dir: dir, Index: x, Repository: repository}
		if err := a.pipeline.Do(ctx, pipeline.ForReleaseVerify, s); err != nil {
			return err
		}
		suite.Results = append(suite.Results, s.Suite.Results...)
	}
	a.showTimes()
	a.ui.Table("as a customer", []string{"repository", "", "seen"}, suite.Rows())
	return suite.Err()
}

// customerJob is the job with the target that a repository is for. What was made on a stand-in is installed on it.
func (a *App) customerJob(x publish.Index, repository string) (job.Job, error) {
	for _, b := range x.Builds {
		if b.Repository != repository {
			continue
		}
		mode, err := a.baseMode()
		if b.Standin && a.flags.Base == nil {
			mode = job.BaseStandin
		}
		j := job.Job{Base: mode}
		if b.Kind.Debian() {
			suite, errSuite := a.suites.Find(b.Suite)
			j.Target = job.Deb{Suite: suite}
			return j, errors.Join(err, errSuite)
		}
		distro, errDistro := a.distros.Find(b.Distro)
		j.Target = job.RPM{Distro: distro}
		return j, errors.Join(err, errDistro)
	}
	return job.Job{}, &publish.IndexError{File: publish.IndexFile, Want: "a build in " + repository, Got: "none"}
}

// mostKeyFile bounds a file with a public key, in bytes.
const mostKeyFile = 1 << 20

// trustedKey is the key that a customer trusts: a file with it, or the directory's if it has the fingerprint. Without either, note says
// that the directory was asked itself.
func trustedKey(dir, given string) (ring *signing.Ring, note string, err error) {
	file := filepath.Join(dir, publish.KeyFile)
	fingerprint := strings.ReplaceAll(given, " ", "")
	named := regexp.MustCompile(`^(0[xX])?[0-9A-Fa-f]{40}([0-9A-Fa-f]{24})?$`).MatchString(fingerprint)
	if given != "" && !named {
		file = absolute(given)
	}
	data, err := owned.ReadFile(file, mostKeyFile)
	if errors.Is(err, fs.ErrNotExist) && (given == "" || named) {
		return nil, "", &publish.TamperedError{Dir: dir, Faults: []publish.Fault{{File: publish.KeyFile, What: "it is missing"}}}
	}
	if err != nil {
		return nil, "", fmt.Errorf("read the key: %w", err)
	}
	if ring, err = signing.ReadRing(path.Base(file), data, time.Now()); err != nil {
		return nil, "", err
	}
	switch {
	case given == "":
		note = " (the directory's own: compare it with one that you have from elsewhere, or give it with -key)"
	case named && !ring.Is(strings.TrimPrefix(strings.TrimPrefix(fingerprint, "0x"), "0X")):
		return nil, "", &publish.TamperedError{Dir: dir, Faults: []publish.Fault{
			{File: publish.KeyFile, What: "it is another key: want " + given + ", got " + ring.Fingerprint()},
		}}
	}
	return ring, note, nil
}
