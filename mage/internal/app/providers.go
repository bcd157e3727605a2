// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// ownProvider is the one that verbsmith's own repository builds if none is named.
const ownProvider = "rib"

// noProvider asks for the release as upstream ships it.
const noProvider = "none"

// NoProviderError says that none is named and that the repository does not have exactly one.
type NoProviderError struct {
	Repository string
	Found      []string // directories
}

// Error says what to do.
func (e *NoProviderError) Error() string {
	if len(e.Found) == 0 {
		return fmt.Sprintf("no %s in %s: `go tool mage provider:adopt DIRECTORY` writes one for a driver that exists, "+
			"`go tool mage provider:new NAME` creates a provider; or name its directory with -provider=DIRECTORY",
			provider.ManifestName, e.Repository)
	}
	return fmt.Sprintf("%d providers in %s: choose one with -provider=%s",
		len(e.Found), e.Repository, strings.Join(e.Found, " or -provider="))
}

// defaultProvider is what -provider is if it is not given: rib in verbsmith's own repository, elsewhere the directory of the
// only provider.yaml.
//
// Errors: *NoProviderError.
func (a *App) defaultProvider() (string, error) {
	if a.dirs.own {
		return ownProvider, nil
	}
	found, err := a.findProviders()
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", a.noProvider(found)
	}
	return asPath(fromHere(found[0])), nil
}

// noProvider is the error about directories of which none or several could be meant.
func (a *App) noProvider(found []string) error {
	e := &NoProviderError{Repository: a.dirs.root}
	for _, dir := range found {
		e.Found = append(e.Found, shellWord(asPath(fromHere(dir))))
	}
	return e
}

// findProviders lists the directories of the repository that have a manifest. Hidden directories, test data and
// outputs have none.
func (a *App) findProviders() ([]string, error) {
	const most = 200_000 // files and directories
	var found []string
	var outputs []fs.FileInfo
	for _, dir := range []string{a.dirs.dist, a.dirs.cache} {
		if info, err := os.Stat(dir); err == nil {
			outputs = append(outputs, info)
		}
	}
	seen := 0
	err := filepath.WalkDir(a.dirs.root, func(path string, d fs.DirEntry, err error) error {
		if seen++; seen > most {
			return fmt.Errorf("more than %d files: name the provider's directory with -provider=DIRECTORY", most)
		}
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fs.SkipDir
		case err != nil:
			return err
		case d.IsDir() && path != a.dirs.root && skips(d, outputs):
			return fs.SkipDir
		case d.Name() == provider.ManifestName && !d.IsDir():
			found = append(found, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for %s in %s: %w", provider.ManifestName, a.dirs.root, err)
	}
	return found, nil
}

// skips says whether a directory is not searched.
func skips(d fs.DirEntry, outputs []fs.FileInfo) bool {
	if strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "node_modules", "vendor"}, d.Name()) {
		return true
	}
	info, err := d.Info()
	return err == nil && slices.ContainsFunc(outputs, func(o fs.FileInfo) bool { return os.SameFile(o, info) })
}

// asPath is a directory so that it is not taken for a name.
func asPath(dir string) string {
	if isPath(dir) {
		return dir
	}
	return "." + string(filepath.Separator) + dir
}

// isPath tells a directory from the name of a provider: it contains a slash, or is a
// name that only directories have.
func isPath(name string) bool {
	return strings.ContainsRune(name, filepath.Separator) || name == "." || name == ".."
}

// providerDir finds a provider's directory, "" for -provider=none.
func (a *App) providerDir(name string) (string, error) {
	if name == noProvider {
		return "", nil
	}
	if isPath(name) {
		return filepath.Clean(name), nil
	}
	dirs, err := a.providers()
	if err != nil {
		return "", err
	}
	names, matching := []string{}, []string{}
	for _, dir := range dirs {
		if names = append(names, filepath.Base(dir)); filepath.Base(dir) == name {
			matching = append(matching, dir)
		}
	}
	switch len(matching) {
	case 0:
		return "", &specs.UnknownError{Kind: "provider", Name: name, Known: append(names, noProvider)}
	case 1:
		return fromHere(matching[0]), nil
	}
	return "", a.noProvider(matching)
}

// fromHere shortens a path below the working directory, for messages whose places an
// editor opens.
func fromHere(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return dir
	}
	rel, err := filepath.Rel(here, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return dir
	}
	return rel
}

// providers are the directories of those that a name can choose: in verbsmith's own repository those in provider/, elsewhere all.
func (a *App) providers() ([]string, error) {
	if !a.dirs.own {
		return a.findProviders()
	}
	manifests, err := filepath.Glob(filepath.Join(a.dirs.providers(), "*", provider.ManifestName))
	if err != nil {
		return nil, fmt.Errorf("list the providers: %w", err)
	}
	dirs := make([]string, 0, len(manifests))
	for _, m := range manifests {
		dirs = append(dirs, filepath.Dir(m))
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("list the providers: %w in %s", os.ErrNotExist, a.dirs.providers())
	}
	return dirs, nil
}

// OwnOnlyError says that a target tests verbsmith itself.
type OwnOnlyError struct{ Target string }

// Error says where it runs, and what there is for a provider.
func (e *OwnOnlyError) Error() string {
	return e.Target + " is about verbsmith itself and runs in its own repository; " +
		"a provider has provider:check, test:integration, test:rebuild and test:addon"
}

// ownOnly refuses a target in another repository than verbsmith's own.
func (a *App) ownOnly(target string) error {
	if a.dirs.own {
		return nil
	}
	return &OwnOnlyError{target}
}
