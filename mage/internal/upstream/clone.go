// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Clone is a git clone of rdma-core with all its releases. It is read without being trusted,
// like a repository given with a ref.
type Clone struct {
	repo     *repository
	isolated bool
}

// Ref is a release in a clone, or upstream's master.
type Ref struct {
	Name   string // "v56.1", a fork's "v59.amzn0", or "master"
	Commit string
	Time   time.Time // of the commit
}

// Upstreams reports whether the name is one of upstream's releases, with the version in the
// name. The version of a fork's tag is in its CMakeLists.txt.
func (r Ref) Upstreams() bool { return releaseTag.MatchString(r.Name) }

// Candidate reports whether the ref is a release candidate.
func (r Ref) Candidate() bool { return candidateTag.MatchString(r.Name) }

// Master is the name of upstream's branch for the next release.
const Master = "master"

// releaseTag matches upstream's names of releases, anyTag also those of forks.
var (
	releaseTag   = regexp.MustCompile(`^v[0-9]+(\.[0-9]+){1,3}$`)
	anyTag       = regexp.MustCompile(`^v?[0-9][0-9A-Za-z.+~_-]*$`)
	candidateTag = regexp.MustCompile(`(?i)[.~_-](?:rc|pre|alpha|beta)[.]?[0-9]*$`)
)

// OpenClone opens the clone at path: a work tree's top directory, or a bare one.
// Git's messages go to log. Close the clone when it is no longer needed.
//
// Errors: *[GivenError], *[MissingToolError].
func OpenClone(path string, log io.Writer) (*Clone, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &GivenError{Source: path, Reason: "has no absolute path", Err: err}
	}
	if gitDir(abs) == "" {
		return nil, &GivenError{Source: path, Reason: "is not a git clone: want the directory of a checkout or bare clone, without a ref"}
	}
	repo, err := openRepository(abs, &Request{Log: log})
	if err != nil {
		return nil, err
	}
	return &Clone{repo: repo}, nil
}

// Close removes temporary files.
func (c *Clone) Close() { c.repo.Close() }

// Path is the clone's directory, absolute.
func (c *Clone) Path() string { return c.repo.path }

// Refs lists the releases tagged as vVERSION, including a fork's, in no order, and master if
// the clone has it: upstream's rather than a branch of the clone itself.
func (c *Clone) Refs(ctx context.Context) ([]Ref, error) {
	const format = "--format=%(refname) %(objectname) %(committerdate:unix) %(*objectname) %(*committerdate:unix)"
	const remote, local = "refs/remotes/origin/master", "refs/heads/master"
	text, err := c.repo.output(ctx, "for-each-ref", format, "refs/tags/v*", "refs/tags/[0-9]*", local, remote)
	if err != nil {
		return nil, &GivenError{Source: c.repo.path, Reason: "cannot be listed", Err: err}
	}
	var refs []Ref
	branches := map[string]Ref{}
	for line := range strings.SplitSeq(text, "\n") {
		full, ref, ok := parseRef(line)
		switch {
		case !ok:
		case full == local || full == remote:
			ref.Name = Master
			branches[full] = ref
		case anyTag.MatchString(ref.Name):
			refs = append(refs, ref)
		}
	}
	for _, name := range []string{remote, local} {
		if ref, ok := branches[name]; ok {
			return append(refs, ref), nil
		}
	}
	return refs, nil
}

// parseRef reads a line of Refs' format. For an annotated tag the last two fields are the
// commit's; a tag of anything but a commit is skipped.
func parseRef(line string) (full string, ref Ref, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 3 { //nolint:mnd // name, id, time
		return "", Ref{}, false
	}
	seconds, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
	commit := fields[len(fields)-2]
	if err != nil || !commitForm.MatchString(commit) {
		return "", Ref{}, false
	}
	ref = Ref{Name: strings.TrimPrefix(fields[0], "refs/tags/"), Commit: commit, Time: time.Unix(seconds, 0).UTC()}
	return fields[0], ref, true
}

// Files reads files of a commit; missing ones are not in the result.
func (c *Clone) Files(ctx context.Context, commit string, names []string) (map[string][]byte, error) {
	asked := make([]string, len(names))
	for i, name := range names {
		asked[i] = commit + ":" + name
	}
	blobs, err := c.blobs(ctx, asked)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(names))
	for i, name := range names {
		if blobs[i] != nil {
			files[name] = blobs[i]
		}
	}
	return files, nil
}

// FileOf reads one file of many refs, in their order; nil if a ref does not have it.
func (c *Clone) FileOf(ctx context.Context, refs []Ref, name string) ([][]byte, error) {
	asked := make([]string, len(refs))
	for i, ref := range refs {
		asked[i] = ref.Commit + ":" + name
	}
	return c.blobs(ctx, asked)
}

// Version reads rdma-core's version from a top CMakeLists.txt.
func Version(cmakeLists []byte) (string, error) { return packageVersion(cmakeLists) }

// isolate creates our own repository, through which the clone's objects are read.
func (c *Clone) isolate(ctx context.Context, commit string) error {
	if c.isolated {
		return nil
	}
	if err := c.repo.isolate(ctx, commit); err != nil {
		return err
	}
	c.isolated = true
	return nil
}

// blobs reads many objects with one git process.
func (c *Clone) blobs(ctx context.Context, asked []string) ([][]byte, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	var question bytes.Buffer
	for _, name := range asked {
		if strings.ContainsAny(name, "\n\x00") {
			return nil, fmt.Errorf("the name %q contains a newline", name)
		}
		question.WriteString(name + "\n")
	}
	commit, _, _ := strings.Cut(asked[0], ":")
	if err := c.isolate(ctx, commit); err != nil {
		return nil, err
	}
	var answer bytes.Buffer
	cmd := c.repo.command(ctx, c.repo.bare(), "cat-file", "--batch")
	cmd.Stdin, cmd.Stdout = &question, &boundedWriter{w: &answer, left: defaultLimits().packed}
	if err := c.repo.runTool(ctx, cmd); err != nil {
		return nil, fmt.Errorf("read files of %s: %w", c.repo.path, err)
	}
	return readBatch(bufio.NewReader(&answer), asked)
}

// readBatch parses git's answer: "ID blob SIZE", the bytes, a line break; or "NAME missing".
func readBatch(r *bufio.Reader, asked []string) ([][]byte, error) {
	blobs := make([][]byte, len(asked))
	for i, name := range asked {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("git's output for %s: %w", name, err)
		}
		line = strings.TrimSuffix(line, "\n")
		if line == name+" missing" {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[1] != "blob" { //nolint:mnd // id, type, size
			return nil, fmt.Errorf("%s is not a file: git says %q", name, line)
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 {
			return nil, fmt.Errorf("git's output for %s has the size %q", name, fields[2])
		}
		blobs[i] = make([]byte, size)
		if _, err := io.ReadFull(r, blobs[i]); err != nil {
			return nil, fmt.Errorf("git's output for %s: %w", name, err)
		}
		if end, err := r.ReadByte(); err != nil || end != '\n' {
			return nil, errors.New("git's output for " + name + " has the wrong length")
		}
	}
	return blobs, nil
}
