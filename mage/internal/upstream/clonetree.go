// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// PickError says that a commit cannot be cherry-picked onto another one.
type PickError struct {
	Commit string // which
	Onto   string // on what
	Said   string // git's messages about the conflicting files
}

// Error names both, and git's first words.
func (e *PickError) Error() string {
	return fmt.Sprintf("commit %s cannot be applied to %s: %s", e.Commit, e.Onto, e.Said)
}

// TreeFile is a file of a commit.
type TreeFile struct {
	Name string      // slash separated
	Mode fs.FileMode // 0o644 or 0o755, as Unpack gives them; fs.ModeSymlink for a link
}

// Tree lists the files of a commit.
//
// Errors: *[GivenError] for what is not a commit ID.
func (c *Clone) Tree(ctx context.Context, commit string) ([]TreeFile, error) {
	if !commitForm.MatchString(commit) {
		return nil, &GivenError{Source: c.repo.path, Reason: fmt.Sprintf("has no commit %q", commit)}
	}
	if err := c.isolate(ctx, commit); err != nil {
		return nil, err
	}
	text, err := c.repo.isolated(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", commit, err)
	}
	var files []TreeFile
	for entry := range strings.SplitSeq(text, "\x00") {
		about, name, ok := strings.Cut(entry, "\t")
		if mode := treeModes[strings.SplitN(about, " ", 2)[0]]; ok && mode != 0 {
			files = append(files, TreeFile{Name: name, Mode: mode})
		}
	}
	return files, nil
}

// treeModes are git's modes of the files in an archive of a commit; a submodule is not one.
//
//nolint:gochecknoglobals // a table
var treeModes = map[string]fs.FileMode{"100644": 0o644, "100664": 0o644, "100755": 0o755, "120000": fs.ModeSymlink}

// Find looks up a tag, branch or commit id.
//
// Errors: *[GivenError].
func (c *Clone) Find(ctx context.Context, ref string) (Ref, error) {
	commit, err := c.repo.commit(ctx, ref)
	if err != nil {
		return Ref{}, &GivenError{Source: c.repo.path, Reason: "has no commit " + ref, Err: err}
	}
	if err := c.isolate(ctx, commit); err != nil {
		return Ref{}, err
	}
	text, err := c.repo.isolated(ctx, "show", "--no-patch", "--format=%ct", commit)
	if err != nil {
		return Ref{}, &GivenError{Source: c.repo.path, Reason: "gives no date for " + ref, Err: err}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Ref{}, &GivenError{Source: c.repo.path, Reason: "gives no date for " + ref, Err: err}
	}
	return Ref{Name: ref, Commit: commit, Time: time.Unix(seconds, 0).UTC()}, nil
}

// Pick applies commits in order on another one, like git cherry-pick, and returns the id of the
// resulting tree. Nothing is written into the clone: new objects are in our own repository.
//
// Errors: *[PickError]; *[GivenError] for a commit that is not there.
func (c *Clone) Pick(ctx context.Context, onto Ref, commits []string) (tree string, err error) {
	if err := c.isolate(ctx, onto.Commit); err != nil {
		return "", err
	}
	if tree, err = c.repo.isolated(ctx, "rev-parse", "--verify", onto.Commit+"^{tree}"); err != nil {
		return "", err
	}
	for _, name := range commits {
		commit, err := c.repo.commit(ctx, name)
		if err != nil {
			return "", &GivenError{Source: c.repo.path, Reason: "has no commit " + name, Err: err}
		}
		said, err := c.pick(ctx, &tree, commit)
		if err != nil && said != "" {
			return "", &PickError{Commit: name, Onto: onto.Name, Said: said}
		}
		if err != nil {
			return "", fmt.Errorf("apply commit %s to %s: %w", name, onto.Name, err)
		}
	}
	return tree, nil
}

// pick merges the tree with a commit; the merge base is the commit's first parent. git 2.38 can
// do this without a work tree if all three are commits with such a history.
func (c *Clone) pick(ctx context.Context, tree *string, commit string) (said string, err error) {
	parent, err := c.made(ctx, firstDate(), commit+"^")
	if err != nil {
		return "", err
	}
	ours, err := c.made(ctx, firstDate(), *tree, parent)
	if err != nil {
		return "", err
	}
	theirs, err := c.made(ctx, firstDate(), commit, parent)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	cmd := c.repo.command(ctx, c.repo.bare(), "merge-tree", "--write-tree", "--name-only", "--no-messages", ours, theirs)
	cmd.Stdout = &boundedWriter{w: &out, left: cmakeListsMost}
	err = c.repo.runTool(ctx, cmd)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err != nil {
		if len(lines) > 1 {
			said = "both change " + strings.Join(lines[1:], ", ")
		}
		return said, err
	}
	if len(lines) != 1 || !commitForm.MatchString(lines[0]) {
		return "", fmt.Errorf("git merge-tree gives %q instead of one tree", out.String())
	}
	*tree = lines[0]
	return "", nil
}

// made creates a commit of a tree with that date: git would use this machine's clock.
func (c *Clone) made(ctx context.Context, when time.Time, tree string, parents ...string) (string, error) {
	args := []string{"-c", "user.name=verbsmith", "-c", "user.email=verbsmith@localhost", "commit-tree", "-m", "a tree"}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	date := fmt.Sprintf("@%d +0000", when.Unix())
	return c.repo.isolatedWith(ctx, []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date}, append(args, tree+"^{tree}")...)
}

// ExtractBelow is Extract for a directory of a commit; "" is all of it.
func (c *Clone) ExtractBelow(ctx context.Context, commit, folder, dir string, epoch time.Time) error {
	if folder == "" {
		return c.Extract(ctx, commit, dir, epoch)
	}
	if err := c.isolate(ctx, commit); err != nil {
		return err
	}
	tree, err := c.repo.isolated(ctx, "rev-parse", "--verify", commit+":"+folder)
	if err != nil {
		return &GivenError{Source: c.repo.path, Reason: "has no directory " + folder + " in " + commit, Err: err}
	}
	return c.Extract(ctx, tree, dir, epoch)
}

// Extract writes a tree or a commit's tree to the directory dir, which must not exist: files
// with mode 0644 or 0755, all with the date epoch.
//
// Errors: *[ArchiveError], *[SpaceError].
func (c *Clone) Extract(ctx context.Context, tree, dir string, epoch time.Time) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("extract %s: %w", tree, &fs.PathError{Op: "create", Path: dir, Err: fs.ErrExist})
	}
	if err := c.isolate(ctx, tree); err != nil {
		return err
	}
	packed := filepath.Join(c.repo.own, "tree.tar.gz")
	defer func() { _ = os.Remove(packed) }()
	// git dates the files of a tree today, and those of a commit like the commit.
	commit, err := c.made(ctx, epoch, tree)
	if err != nil {
		return fmt.Errorf("extract %s: %w", tree, err)
	}
	if err := c.repo.archive(ctx, commit, "0", packed); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return writeError(dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("extract %s: %w", tree, err)
	}
	defer func() { _ = root.Close() }()
	w := &treeWriter{root: root, tree: dir, epoch: epoch, archive: packed}
	if _, err := walk(ctx, packed, defaultLimits(), w.put); err != nil {
		return err
	}
	return w.settle()
}
