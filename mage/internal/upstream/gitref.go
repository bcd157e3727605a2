// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// gitRef is a commit of a repository.
type gitRef struct {
	commit string
	tag    string // "vVERSION" if that tag names the commit, else ""
}

// resolveGit makes the archive of a ref. Without a ref it uses the tag of the requested
// version, or HEAD if that is the same version.
func resolveGit(ctx context.Context, req *Request, path, ref string) (*Archive, error) {
	if req.CacheDir == "" {
		return nil, &RequestError{Field: "cache directory", Want: "a directory for the archive of the git ref"}
	}
	repo, err := openRepository(path, req)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	found, version, err := repo.choose(ctx, req.Version, ref)
	if err != nil {
		return nil, err
	}
	a := &Archive{
		version: version, git: found, from: fmt.Sprintf("git %s, commit %s", path, found.commit),
		name: "git:" + found.commit, origins: req.Origins, sums: req.Sums, lim: defaultLimits(),
	}
	if found.tag != "" {
		a.from = fmt.Sprintf("git %s, tag %s", path, found.tag)
		a.name = "git:" + found.tag
	}
	// The bytes depend on the commit id and the version only.
	place := slot{key: "git-" + found.commit, file: "rdma-core-" + version + ".tar.gz", origin: "git", shown: path, version: version}
	a.path, err = newCache(req).obtain(ctx, place, func(ctx context.Context, part string) (bool, error) {
		return false, repo.archive(ctx, found.commit, version, part)
	})
	if err != nil {
		return nil, fmt.Errorf("archive of %s: %w", a.from, err)
	}
	return a, nil
}

// choose finds the commit and its version.
func (g *repository) choose(ctx context.Context, want, ref string) (found *gitRef, version string, err error) {
	shown := g.path + "@" + ref
	commit := ""
	switch {
	case ref != "":
		if commit, err = g.commit(ctx, ref); err != nil {
			return nil, "", &GivenError{Source: shown, Reason: "names no commit", Err: err}
		}
	case want != "":
		commit, _ = g.commit(ctx, "refs/tags/v"+want)
	}
	fromHead := commit == ""
	if fromHead {
		if commit, err = g.commit(ctx, "HEAD"); err != nil {
			return nil, "", &GivenError{Source: g.path, Reason: g.missing(ctx, want) + ", and HEAD names no commit", Err: err}
		}
		shown = g.path + "@HEAD"
	}
	if version, err = g.version(ctx, commit); err != nil {
		return nil, "", &GivenError{Source: shown, Reason: "commit " + commit + " is not rdma-core", Err: err}
	}
	if want != "" && version != want {
		err := error(&VersionError{Source: shown, Want: want, Got: version, Where: cmakeLists + " of commit " + commit})
		if fromHead {
			err = &GivenError{Source: g.path, Reason: g.missing(ctx, want), Err: err}
		}
		return nil, "", err
	}
	found = &gitRef{commit: commit}
	if tagged, err := g.commit(ctx, "refs/tags/v"+version); err == nil && tagged == commit {
		found.tag = "v" + version
	}
	return found, version, nil
}

// missing names the missing tag and the newest existing ones.
func (g *repository) missing(ctx context.Context, want string) string {
	if want == "" {
		return "no ref was given"
	}
	tags, err := g.output(ctx, "for-each-ref", "--sort=-version:refname", "--count=3", "--format=%(refname:strip=2)", "refs/tags/v*")
	if err != nil || tags == "" {
		return fmt.Sprintf("has no tag v%s (it has no release tags)", want)
	}
	return fmt.Sprintf("has no tag v%s (its newest are %s)", want, strings.ReplaceAll(tags, "\n", ", "))
}

// commit resolves a ref. A ref that looks like an option stays a ref.
func (g *repository) commit(ctx context.Context, ref string) (string, error) {
	if strings.ContainsFunc(ref, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "", errors.New("the ref has a control character")
	}
	id, err := g.output(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("no such ref %s: %w", edit.Quote(ref), err)
	}
	if !commitForm.MatchString(id) {
		return "", fmt.Errorf("ref %q resolves to %q instead of one commit ID", ref, id)
	}
	return id, nil
}

// version reads PACKAGE_VERSION at a commit.
func (g *repository) version(ctx context.Context, commit string) (string, error) {
	if err := g.isolate(ctx, commit); err != nil {
		return "", err
	}
	text, err := g.isolated(ctx, "cat-file", "blob", commit+":"+cmakeLists)
	if err != nil {
		return "", err
	}
	version, err := packageVersion([]byte(text))
	if err != nil {
		return "", fmt.Errorf("%s %w", cmakeLists, err)
	}
	return version, nil
}

// objects is the directory with the repository's objects.
func (g *repository) objects() (string, error) {
	path, err := filepath.Abs(filepath.Join(g.view.common, "objects"))
	if err == nil && strings.Contains(path, "\n") {
		err = fmt.Errorf("the path %q has a newline", path)
	}
	return path, err
}
