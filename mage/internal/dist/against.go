// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Change is what a package has in another state than in another build, for those who install it.
type Change struct {
	Package string `json:"package"`       // its name
	What    string `json:"what"`          // package, version, file, link, soname, symbol version, symbol, provides, requires and so on
	Was     string `json:"was,omitempty"` // in the other build; "" if it was not there
	Is      string `json:"is,omitempty"`  // "" if it is gone
}

// Against compares the packages of dist with those of place: with the newest of each name and architecture. A place is a directory,
// with all that is below it, such as another one in dist/ or a released one; or the URL of a repository. Packages that only place has
// are changes if they were made with one of the others. Packages with debugging data are compared by their version and size alone.
//
// Errors: those of files; *pkgrepo.NotRepositoryError, *pkgrepo.FetchError of a URL.
func Against(ctx context.Context, dist artifact.Dist, place string) ([]Change, error) {
	kind := kindOf(dist.Debian())
	mine, err := kind.contentsOf(ctx, dist)
	if err != nil {
		return nil, err
	}
	all, err := kind.against(ctx, dist.Manifest, mine, place)
	if err != nil {
		return nil, fmt.Errorf("compare with %s: %w", ui.Redact(place), err)
	}
	return all, nil
}

// CheckPlace looks for packages of the kind below a directory, before there are any to be compared with them. A URL is not asked.
func CheckPlace(ctx context.Context, debian bool, place string) error {
	if pkgrepo.IsURL(place) {
		return nil
	}
	if strings.Contains(place, "://") {
		return fmt.Errorf("compare with %s: %w", ui.Redact(place), errScheme)
	}
	if _, err := kindOf(debian).inDirectory(ctx, place); err != nil {
		return fmt.Errorf("compare with %s: %w", ui.Redact(place), err)
	}
	return nil
}

var errScheme = errors.New("want a URL that begins with http://, https:// or file://, or a directory")

func kindOf(debian bool) packaging {
	if debian {
		return debs()
	}
	return rpms()
}

// contentsOf reads the packages of dist, in the order of its manifest.
func (k packaging) contentsOf(ctx context.Context, dist artifact.Dist) ([]contents, error) {
	var all []contents
	for _, f := range dist.Manifest.Files {
		if !k.is(f.Path) {
			continue
		}
		c, err := k.read(ctx, filepath.Join(dist.Dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// against compares packages with those of a place.
func (k packaging) against(ctx context.Context, m artifact.Manifest, mine []contents, place string) ([]Change, error) {
	scratch, err := os.MkdirTemp("", "verbsmith-inspect-")
	if err != nil {
		return nil, fmt.Errorf("create a directory for packages: %w", err)
	}
	defer os.RemoveAll(scratch)
	var found candidates
	if pkgrepo.IsURL(place) {
		found, err = k.inRepository(ctx, place, scratch, m, mine)
	} else {
		found, err = k.inDirectory(ctx, place)
	}
	if err != nil {
		return nil, err
	}
	before, gone := k.choose(found.list, mine)
	if len(before) == 0 {
		return nil, errUnshared
	}
	var all []Change
	for _, now := range mine {
		was, ok := before[now.head.Name]
		if !ok {
			all = append(all, Change{Package: now.head.Name, What: "package", Is: title(now.head)})
			continue
		}
		old, err := k.readOther(ctx, found, was)
		if err != nil {
			return nil, err
		}
		all = append(all, k.changesOf(old, now)...)
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		all = append(all, Change{Package: name, What: "package", Was: title(gone[name])})
	}
	return all, nil
}

// readOther reads a package of another build. Of one with debugging data the list says enough.
func (k packaging) readOther(ctx context.Context, found candidates, p pkgrepo.Package) (contents, error) {
	if k.debug(p.Name) {
		return contents{head: p}, nil
	}
	file, done, err := found.get(ctx, p)
	if err != nil {
		return contents{}, err
	}
	defer done()
	return k.read(ctx, file)
}
