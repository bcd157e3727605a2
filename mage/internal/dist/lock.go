// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

const (
	excludeAdvice = `# For the end of /etc/dnf/dnf.conf: no repository replaces these packages. Newer ones of your own are installed with
# dnf upgrade %s ./*.rpm
`
	versionAdvice = `# For the end of /etc/dnf/plugins/versionlock.list (package python3-dnf-plugin-versionlock): only these versions are
# installed. Replace the lines before you install newer packages of your own.
`
	fedorasAdvice = `# For /etc/dnf/versionlock.toml, which has the line of version once: only these versions are installed. Replace the
# entries before you install newer packages of your own.
version = "1.0"
`
	fedorasEntry = `
[[packages]]
name = %q
[[packages.conditions]]
key = "evr"
comparator = "="
value = %q
`
	verbsPackage = "libibverbs"
)

// locks returns the lock files for the packages of m: none for packages without a provider, for an
// add-on, which an update keeps, and for Debian's.
func locks(m artifact.Manifest) map[string]string {
	if m.Provider == "" || m.Addon != nil || m.Suite != "" {
		return nil
	}
	var names, versions, entries []string
	option, fedora := "--disableexcludes=main", false
	for _, f := range m.Files {
		name, evr, ok := splitNEVRA(f)
		if !ok || pkgfile.IsDebugRPM(name) {
			continue
		}
		names = append(names, name)
		epoch, version, _ := strings.Cut(withEpoch(evr), ":")
		versions = append(versions, name+"-"+epoch+":"+version+".*\n")
		entries = append(entries, fmt.Sprintf(fedorasEntry, name, epoch+":"+version))
		fedora = fedora || fedorasTag.MatchString(version)
	}
	slices.Sort(names)
	file, text := artifact.VersionLock, lockText(versionAdvice, versions)
	if fedora {
		option, file, text = "--setopt=disable_excludes=main", artifact.FedorasLock, lockText(fedorasAdvice, entries)
	}
	return map[string]string{
		artifact.ExcludeLock: fmt.Sprintf(excludeAdvice, option) + "excludepkgs=" + strings.Join(names, ",") + "\n",
		file:                 text,
	}
}

// fedorasTag is in the release of packages for a distro with dnf 5, which has another option and another file than dnf 4.
var fedorasTag = regexp.MustCompile(`\.fc[0-9]+`)

// lockText is the advice and the entries, sorted by the packages' names.
func lockText(advice string, entries []string) string {
	slices.Sort(entries)
	return advice + strings.Join(entries, "")
}

// addLocks writes the lock files into an output directory and adds them to its manifest.
func addLocks(dir string, m *artifact.Manifest) error {
	for name, text := range locks(*m) {
		if err := os.MkdirAll(filepath.Join(dir, artifact.LockFolder), 0o755); err != nil {
			return fmt.Errorf("create the directory of %s: %w", name, err)
		}
		if err := stage.WriteFile(dir, filepath.FromSlash(name), []byte(text)); err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(text))
		m.Files = append(m.Files, artifact.Output{Path: name, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(m.Files, func(a, b artifact.Output) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// locked says whether the lock files that m should have are among its files.
func locked(m artifact.Manifest) bool {
	for name := range locks(m) {
		if !slices.ContainsFunc(m.Files, func(f artifact.Output) bool { return f.Path == name }) {
			return false
		}
	}
	return true
}

// splitNEVRA splits the NEVRA of a binary RPM.
func splitNEVRA(f artifact.Output) (name, evr string, ok bool) {
	if !pkgfile.IsRPM(f.Path) {
		return "", "", false
	}
	return pkgfile.SplitNEVRA(f.NEVRA)
}

func withEpoch(evr string) string {
	if strings.Contains(evr, ":") {
		return evr
	}
	return "0:" + evr
}

// Replaced says why an update replaces packages with a provider if the distro has libibverbs in the version evr ("" if it has
// none): "" if it keeps them.
func Replaced(m artifact.Manifest, evr string) string {
	if m.Provider == "" || evr == "" {
		return ""
	}
	for _, f := range m.Files {
		name, own, ok := splitNEVRA(f)
		if ok && name == verbsPackage && pkgfile.CompareEVR(withEpoch(evr), withEpoch(own)) > 0 {
			return fmt.Sprintf("the distro's libibverbs %s is newer than %s of these packages", strings.TrimPrefix(evr, "0:"), own)
		}
	}
	return ""
}

// ReleaseOf is the release of rdma-core in a version of a package.
func ReleaseOf(evr string) string {
	_, version, _ := strings.Cut(withEpoch(evr), ":")
	version, _, _ = strings.Cut(version, "-")
	return version
}
