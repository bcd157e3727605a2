// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Archive is an rdma-core archive on this machine that has not been verified yet;
// [Archive.Verify] does that.
type Archive struct {
	path    string
	version string
	// from is its origin, for people.
	from string
	// name is its entry in the SumStore, if it has one.
	name string
	// origin is set unless the archive was given.
	origin *Origin
	// git is set when it was made from a repository.
	git *gitRef
	// vouched names the source package that it is from.
	vouched string

	origins []Origin
	sums    SumStore
	lim     limits
}

// Path is the archive's file.
func (a *Archive) Path() string { return a.path }

// Version is rdma-core's version: the requested one or, for a source given without one, the
// version in the source.
func (a *Archive) Version() string { return a.version }

// From returns the archive's origin, such as "cache (release-asset)".
func (a *Archive) From() string { return a.from }

// How is the reason to trust an archive.
type How string

const (
	// HowPinned is a sum that is part of the release's data.
	HowPinned How = "pinned"
	// HowRecorded is a sum that an earlier use has recorded, or somebody has pinned.
	HowRecorded How = "recorded"
	// HowPackage is the sum of the source package that the archive is from.
	HowPackage How = "its source package"
	// HowCommit is the commit that the archive was made from, which is its own digest.
	HowCommit How = "its commit"
	// HowGiven is the user's own file: nobody has published one of that name, so there is
	// nothing to compare it with.
	HowGiven How = "given"
	// HowFirstUse is a published archive without a known sum: its sum is recorded now, and a
	// later difference is an error.
	HowFirstUse How = "first use"
)

// Verified is an rdma-core archive of the right version that agrees with a known sum, if there
// is one.
type Verified struct {
	// How is the reason to trust it, Against the entry with the sum.
	How     How
	Against string
	// SHA256 is the archive's sum as hex digits.
	SHA256 string

	archive *Archive
	sum     *summary // nil until the archive is read
}

// Archive returns the verified archive.
func (v *Verified) Archive() *Archive { return v.archive }

// Verify compares the archive's SHA-256 with the pinned sum, or else with the
// recorded one. If there is neither, it records the sum of an archive from one of the release's
// origins, but only after the archive has been read completely and is an intact rdma-core of
// the right version. The user's own files and commits are never recorded.
//
// An archive with a known sum has been read before, so it is read again only to be unpacked.
//
// Errors: *[SumError], *[ArchiveError], *[VersionError], *[NameError].
func (a *Archive) Verify(ctx context.Context) (*Verified, error) {
	sum, err := fileSum(ctx, a.path, a.lim.packed)
	if err != nil {
		return nil, err
	}
	v := &Verified{archive: a, SHA256: sum}
	if v.How, v.Against, err = a.judge(sum); err != nil {
		return nil, err
	}
	if v.How == HowPinned || v.How == HowRecorded && a.origin != nil || a.git != nil {
		return v, nil
	}
	if err := v.read(ctx); err != nil {
		return nil, err
	}
	if a.origin == nil {
		if err := a.checkNames(filepath.Base(a.path), v.sum.top); err != nil {
			return nil, err
		}
	}
	if v.How == HowFirstUse && a.sums != nil {
		if err := a.sums.Record(ctx, a.version, a.name, sum); err != nil {
			return nil, fmt.Errorf("record the sum of %s: %w", a.from, err)
		}
	}
	return v, nil
}

// releaseName is the name of a release's archive or top directory, whose first group is the version.
var releaseName = regexp.MustCompile(`^(?:rdma-core[-_]|v)([0-9]+[.][0-9]+)(?:[.]orig)?(?:[.](?:tar|tgz).*)?$`)

// checkNames refuses an archive if one of its names says another version than it has.
func (a *Archive) checkNames(names ...string) error {
	for _, name := range names {
		if m := releaseName.FindStringSubmatch(name); len(m) > 1 && m[1] != a.version {
			return &NameError{Archive: a.path, Name: name, Want: m[1], Got: a.version}
		}
	}
	return nil
}

// SumName is the archive's name in the record of sums: of a published archive its origin, of a commit its tag.
func (a *Archive) SumName() string { return a.name }

// read reads the archive, which has to be an intact rdma-core of the right version.
func (v *Verified) read(ctx context.Context) error {
	a := v.archive
	sum, err := inspect(ctx, a.path, a.lim)
	if err != nil {
		return err
	}
	if err := v.same(sum.sum); err != nil {
		return err
	}
	if sum.version != a.version {
		return &VersionError{Source: a.path, Want: a.version, Got: sum.version, Where: cmakeLists}
	}
	v.sum = sum
	return nil
}

// judge returns the reason to trust the sum. If there are candidates, any other sum is refused.
func (a *Archive) judge(sum string) (How, string, error) {
	for _, c := range a.accepted() {
		if c.SHA256 == sum {
			how := HowPinned
			if strings.HasPrefix(c.Origin, recordedPrefix) {
				how = HowRecorded
			}
			return how, c.Origin, nil
		}
	}
	if a.vouched != "" {
		return HowPackage, a.vouched, nil
	}
	demanded := a.demanded()
	switch {
	case len(demanded) > 0:
	case a.git != nil:
		return HowCommit, a.git.commit, nil
	case a.origin == nil:
		return HowGiven, a.name, nil
	default:
		return HowFirstUse, a.name, nil
	}
	err := &SumError{Version: a.version, File: a.path, Want: demanded, Got: sum}
	if a.origin == nil && a.git == nil {
		err.Line = fmt.Sprintf("%s %s sha256:%s", a.version, a.name, sum)
	}
	return "", "", err
}

const recordedPrefix = "recorded "

func (a *Archive) lookup(name string) (Candidate, bool) {
	if a.sums == nil {
		return Candidate{}, false
	}
	sum, ok := a.sums.Lookup(a.version, name)
	return Candidate{Origin: recordedPrefix + name, SHA256: sum}, ok
}

// known returns an origin's sum: the pinned one, or else the recorded one.
func (a *Archive) known(o Origin) (Candidate, bool) {
	if o.SHA256 != "" {
		return Candidate{Origin: o.Kind, SHA256: o.SHA256}, true
	}
	return a.lookup(o.Kind)
}

// accepted are the valid sums of the archive. A given file may be the archive of any origin of
// its release.
func (a *Archive) accepted() []Candidate {
	if a.origin != nil {
		return a.demanded()
	}
	var all []Candidate
	for _, o := range a.origins {
		if c, ok := a.known(o); ok {
			all = append(all, c)
		}
	}
	if c, ok := a.lookup(a.name); ok {
		all = append(all, c)
	}
	return all
}

// demanded are the sums of which the archive must have one, because of its origin or its name.
func (a *Archive) demanded() []Candidate {
	var all []Candidate
	add := func(c Candidate, ok bool) {
		if ok && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	switch {
	case a.origin != nil:
		add(a.known(*a.origin))
	case a.git != nil:
		for _, o := range a.origins {
			// The archive of a release's tag has the bytes of GitHub's archive.
			if o.Kind == KindGitHubArchive && a.git.tag == "v"+a.version {
				add(a.known(o))
			}
		}
		if len(all) == 0 {
			add(a.lookup(a.name))
		}
	default:
		for _, o := range a.origins {
			if o.File == filepath.Base(a.path) {
				add(a.known(o))
			}
		}
		add(a.lookup(a.name))
	}
	return all
}

// same fails if a file's bytes are no longer the verified ones.
func (v *Verified) same(sum string) error {
	if sum == v.SHA256 {
		return nil
	}
	return &SumError{
		Version: v.archive.version, File: v.archive.path, Got: sum,
		Want: []Candidate{{Origin: "the same file, when it was verified", SHA256: v.SHA256}},
	}
}

func (v *Verified) topName() string { return "rdma-core-" + v.archive.version }

// Tag is upstream's tag if this is a release, else "": it came from the release's own
// origins or has one of their sums, or is named as only a release is.
func (v *Verified) Tag() string {
	a := v.archive
	switch {
	case a.git != nil && a.git.tag != "v"+a.version && v.How != HowPinned:
		return ""
	case a.git == nil && a.origin == nil && v.How != HowPinned && v.sum.top != v.topName():
		return ""
	}
	return "v" + a.version
}

func (v *Verified) commit() string {
	if v.archive.git != nil {
		return v.archive.git.commit
	}
	return v.sum.commit
}

// epoch is the newest time in the archive; git archive gives every entry the
// time of the commit.
func (v *Verified) epoch() time.Time { return v.sum.newest.UTC() }

// ready refuses a Verified that is not from Verify, and reads the archive unless that was done.
func (v *Verified) ready(ctx context.Context) error {
	if v == nil || v.archive == nil {
		return errors.New("rdma-core: the archive has not been verified")
	}
	if v.sum != nil {
		return nil
	}
	return v.read(ctx)
}
