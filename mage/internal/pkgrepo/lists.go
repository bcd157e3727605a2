// SPDX-License-Identifier: Apache-2.0

package pkgrepo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// Bounds of what is fetched from a repository.
const (
	mostIndex   = 16 << 20  // bytes of an index file
	mostList    = 256 << 20 // of a list of packages
	mostPlain   = 2 << 30   // of a list that is unpacked
	mostPackage = 1 << 30   // of a package
	mostKept    = 4096      // packages of a list
)

// Repository is one that is read from a URL. Nobody's signature is checked, but all that is fetched is what the index file names.
type Repository struct {
	Packages []Package // those that were asked for

	client *Client
	base   string
}

// NotRepositoryError is a URL without a repository.
type NotRepositoryError struct {
	URL  string // without a password
	Want string
	Err  error
}

// Error says what has to be there. The caller names the URL.
func (e *NotRepositoryError) Error() string { return fmt.Sprintf("want %s: %v", e.Want, e.Err) }

// Unwrap is why it is none.
func (e *NotRepositoryError) Unwrap() error { return e.Err }

func notRepository(base, want string, err error) error {
	if u, errURL := url.Parse(base); errURL == nil {
		return &NotRepositoryError{u.Redacted(), want, err}
	}
	return &NotRepositoryError{"the URL", want, err}
}

var (
	errNoList = errors.New("the index file names no list of packages with a SHA-256")
	errPath   = errors.New("want a path in the repository")
	errMany   = errors.New("too many packages")
	errSize   = errors.New("the list gives no size below the limit")
	errNoSum  = errors.New("the list gives no SHA-256")
)

// Dnf reads the list of a repository of RPMs, and keeps the packages that are wanted. Lists are for a moment in the directory scratch.
//
// Errors: *NotRepositoryError.
func (c *Client) Dnf(ctx context.Context, base, scratch string, wanted func(Package) bool) (*Repository, error) {
	const want = "the URL of a repository of RPMs, the directory that has " + Repodata + "/" + RepomdFile
	r := &Repository{client: c, base: base}
	text, err := c.index(ctx, base, path.Join(Repodata, RepomdFile), scratch)
	if err != nil {
		return nil, notRepository(base, want, err)
	}
	md, err := ReadRepomd(text)
	if err != nil {
		return nil, notRepository(base, want, err)
	}
	at := slices.IndexFunc(md.Data, func(d Data) bool { return d.Type == "primary" && d.SHA256() != "" })
	if at < 0 {
		return nil, notRepository(base, want, errNoList)
	}
	if err := r.list(ctx, md.Data[at].Path(), md.Data[at].SHA256(), scratch, wanted, ReadPrimary); err != nil {
		return nil, notRepository(base, want, err)
	}
	return r, nil
}

// Apt reads the lists of a repository of Debian packages for an architecture, and keeps the packages that are wanted. base is the URI
// that apt has, with the suite below dists/; or that of the suite itself; or that of a directory with its own list.
//
// Errors: *NotRepositoryError.
func (c *Client) Apt(ctx context.Context, base, suite, arch, scratch string, wanted func(Package) bool) (*Repository, error) {
	want := "the URL of a repository of Debian packages, with dists/" + suite + ", or of a directory with " + PackagesFile
	var missing error
	for _, place := range aptPlaces(base, suite) {
		for _, index := range []string{InRelease, ReleaseFile} {
			text, err := c.index(ctx, place.top, path.Join(place.dir, index), scratch)
			if errors.Is(err, fs.ErrNotExist) {
				missing = errors.Join(missing, err)
				continue
			}
			r := &Repository{client: c, base: place.top}
			if err == nil {
				err = r.aptLists(ctx, ReleaseSums(text), place.dir, arch, scratch, wanted)
			}
			if err != nil {
				return nil, notRepository(base, want, err)
			}
			return r, nil
		}
	}
	return nil, notRepository(base, want, missing)
}

// aptPlace is where the index file of a suite may be.
type aptPlace struct {
	top string // that paths of packages are below
	dir string // of the index file, below top
}

func aptPlaces(base, suite string) []aptPlace {
	base = strings.TrimRight(base, "/")
	if at := strings.LastIndex(base, "/dists/"); at >= 0 {
		return []aptPlace{{base[:at], base[at+1:]}}
	}
	return []aptPlace{{base, "dists/" + suite}, {base, ""}}
}

// aptLists reads the lists of all components, of which the smallest file is taken.
func (r *Repository) aptLists(
	ctx context.Context, sums map[string]string, dir, arch, scratch string, wanted func(Package) bool,
) error {
	found := map[string]string{} // by the list without its compression
	for _, name := range []string{PackagesFile, PackagesFile + ".gz", PackagesFile + ".xz"} {
		for file := range sums {
			of := path.Base(path.Dir(file))
			if path.Base(file) == name && (of == "binary-"+arch && !strings.Contains(file, "debian-installer") || file == name) {
				found[path.Dir(file)] = file
			}
		}
	}
	if len(found) == 0 {
		return errNoList
	}
	for _, file := range slices.Sorted(maps.Values(found)) {
		if err := r.list(ctx, path.Join(dir, file), sums[file], scratch, wanted, ReadPackages); err != nil {
			return err
		}
	}
	return nil
}

// index fetches an index file.
func (c *Client) index(ctx context.Context, base, name, scratch string) ([]byte, error) {
	file := filepath.Join(scratch, "index")
	if err := c.File(ctx, base, name, mostIndex, file); err != nil {
		return nil, err
	}
	defer os.RemoveAll(file)
	return os.ReadFile(file)
}

// list fetches a list and keeps the packages that are wanted.
func (r *Repository) list(
	ctx context.Context, name, sum, scratch string, wanted func(Package) bool, read func(io.Reader, func(Package)) error,
) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("%w, got %q", errPath, name)
	}
	file := filepath.Join(scratch, "list")
	if err := r.client.summed(ctx, r.base, name, mostList, sum, file); err != nil {
		return err
	}
	defer os.RemoveAll(file)
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewReader(f)
	head, _ := buffered.Peek(8)
	_, plain, err := unpack.Uncompressed(head, buffered)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var bad error
	err = read(&bounded{ctx, plain, mostPlain}, func(p Package) {
		switch {
		case !wanted(p) || bad != nil:
		case len(r.Packages) >= mostKept:
			bad = fmt.Errorf("%w: more than %d are asked for", errMany, mostKept)
		default:
			r.Packages = append(r.Packages, p)
		}
	})
	if err = errors.Join(err, bad); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Fetch fetches a package into a file, and checks its size and its sum.
//
// Errors: *FetchError; a list that does not say what to expect.
func (r *Repository) Fetch(ctx context.Context, p Package, file string) error {
	var err error
	switch {
	case !fs.ValidPath(p.Path):
		err = errPath
	case p.Size <= 0 || p.Size > mostPackage:
		err = errSize
	case p.SHA256 == "":
		err = errNoSum
	}
	if err != nil {
		return fmt.Errorf("package %s at %q: %w", p.Name, p.Path, err)
	}
	return r.client.summed(ctx, r.base, p.Path, p.Size, p.SHA256, file)
}

// bounded is a list that is unpacked: it ends with its context, and fails behind a limit.
type bounded struct {
	ctx  context.Context //nolint:containedctx // lives as long as one list is read
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, &lengthError{mostPlain}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
