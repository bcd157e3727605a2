// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// addonText is the input of a build of an add-on, besides the release and the patch.
type addonText struct {
	addon  artifact.Addon
	layout string // as in specs/
	known  bool   // the release is in specs/

	// For rpmbuild.
	spec []byte
	tar  []byte // with documents/doc and documents/license

	debian []stage.File // debian/, for dpkg-buildpackage
}

func (p *Packer) text(j job.Job, tree artifact.Tree, patch artifact.Patch) (*addonText, error) {
	name, src := j.Provider.Manifest.Name, tree.Source
	sources, err := providerSources(j.Provider)
	if err != nil {
		return nil, err
	}
	history, err := driverapi.Known()
	if err != nil {
		return nil, err
	}
	t := p.serves(name, src.Version, tree.Result.PrivateABI, sources.calls, history)
	licence, err := licenceOf(j.Provider, sources)
	if err != nil {
		return nil, err
	}
	if _, debian := j.Target.(job.Deb); debian {
		t.addon.Package = debianpkg.AddonPackage(name)
		return t, p.debianText(j, tree, patch, t)
	}
	rules, err := p.rules(specFile)
	if err != nil {
		return nil, err
	}
	m := j.Provider.Manifest
	t.spec = t.specText(specValues{
		provider: name, folders: providerFolders(m), version: src.Version, licence: licence,
		library: j.Provider.Library() != nil, pages: len(j.Provider.ManPages()) > 0, description: m.Description, suffix: j.Suffix,
		requires: m.BuildRequires.RPM,
	}, rules)
	t.tar, err = t.documentsTar(j.Provider, src)
	return t, err
}

// rules is a file of specs/ that all add-ons share.
func (p *Packer) rules(file string) ([]byte, error) {
	rules, err := fs.ReadFile(p.Specs, file)
	if err != nil {
		return nil, fmt.Errorf("read what add-ons share: %w", err)
	}
	return rules, nil
}

// serves returns the releases that a module works with: the one it is built in and the newer
// ones of the same interface, up to the first that has a provider of that name itself. If the release is not in specs/, these
// are the release and its stable updates, none of which has ever changed the interface.
func (p *Packer) serves(name, version string, privateABI int, calls func(string) bool, history *driverapi.History) *addonText {
	major, _, _ := strings.Cut(version, ".")
	t := &addonText{addon: artifact.Addon{
		Package: PackageName(name), Module: fmt.Sprintf("lib%s-rdmav%d.so", name, privateABI), PrivateABI: privateABI,
		From: major + ".0", Below: nextMajor(major), Releases: []string{},
	}}
	for _, i := range p.Interfaces.For(calls) {
		if !i.Has(version) || i.PrivateABI != privateABI {
			continue
		}
		t.known, t.layout, t.addon.Below = true, i.Layout, i.Below
		if since := history.Since(name, version, specs.CompareVersions); since != "" && specs.CompareVersions(since, i.Below) < 0 {
			t.addon.Below = since
		}
		for _, release := range p.Releases.Names() {
			if t.addon.Serves(release) {
				t.addon.Releases = append(t.addon.Releases, release)
			}
		}
	}
	return t
}

func nextMajor(major string) string {
	n, err := strconv.Atoi(major)
	if err != nil {
		return major + ".999" // not a number, so not a release of upstream's
	}
	return strconv.Itoa(n+1) + ".0"
}

// specValues are the values in the spec that differ between add-ons, besides the interface.
type specValues struct {
	provider, folders, version, licence, description, suffix string
	library, pages                                           bool
	requires                                                 []string // packages that the build also needs
}

// providerFolders are the directories with a CMakeLists.txt that the release's own adds.
func providerFolders(m provider.Manifest) string {
	folder := m.Folder()
	all := []string{folder}
	for _, sub := range m.CMake.Subdirectories {
		all = append(all, path.Join(folder, sub))
	}
	return strings.Join(all, " ")
}

// specText is the spec: the values as macros, then the rules. RPM cannot misread a value: names
// and directories have few characters, numbers are numbers, the licence has been checked, and
// the manifest allows no percent sign in the description.
func (t *addonText) specText(v specValues, rules []byte) []byte {
	var out bytes.Buffer
	for _, macro := range [][2]string{
		{"provider", v.provider},
		{"provider_folders", v.folders},
		{"private_abi", strconv.Itoa(t.addon.PrivateABI)},
		{"rdma_version", v.version},
		{"interface_from", t.addon.From},
		{"interface_below", t.addon.Below},
		{"provider_license", v.licence},
		{"provider_library", oneIf(v.library)},
		{"provider_pages", oneIf(v.pages)},
		{"release_suffix", cmp.Or(v.suffix, "%{nil}")},
	} {
		fmt.Fprintf(&out, "%%global %s %s\n", macro[0], macro[1])
	}
	if len(v.requires) > 0 {
		fmt.Fprintf(&out, "%%global provider_requires %s\n", strings.Join(v.requires, " "))
	}
	out.WriteByte('\n')
	out.Write(rules)
	fmt.Fprintf(&out, "lib%s: %s\n", v.provider, strings.ReplaceAll(v.description, "%", "%%"))
	return out.Bytes()
}

// oneIf formats a bool for %if.
func oneIf(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// documentsTar packs the documents.
func (t *addonText) documentsTar(pr *provider.Provider, src artifact.Source) ([]byte, error) {
	files, err := t.documents(pr, src)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = stage.Tar(files)(&out)
	return out.Bytes(), err
}

// documents are the provider's README and licence texts, and the list of
// releases that the package is for. The files need not be copied into rdma-core.
func (t *addonText) documents(pr *provider.Provider, src artifact.Source) ([]stage.File, error) {
	root, err := os.OpenRoot(pr.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the provider's directory: %w", err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list the provider's directory: %w", err)
	}
	files := []stage.File{{Name: "documents/doc/RELEASES", Data: t.releasesText(src.Version)}}
	for _, e := range entries {
		kind := documentKind(e.Name())
		if kind == "" || !e.Type().IsRegular() {
			continue
		}
		data, err := root.ReadFile(e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the provider's %s: %w", e.Name(), err)
		}
		files = append(files, stage.File{Name: path.Join("documents", kind, e.Name()), Data: data})
	}
	for i := range files {
		files[i].Time = src.Epoch
	}
	return files, nil
}

var (
	readmeForm  = regexp.MustCompile(`(?i)^readme(\.[a-z]{2,4})?$`)
	licenceForm = regexp.MustCompile(`(?i)^(licen[cs]e|copying)([._-][A-Za-z0-9._-]*)?$`)
)

func documentKind(name string) string {
	switch {
	case readmeForm.MatchString(name):
		return "doc"
	case licenceForm.MatchString(name):
		return "license"
	default:
		return ""
	}
}

func (t *addonText) releasesText(version string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s was compiled in rdma-core %s and works with the libibverbs\n", t.addon.Module, version)
	fmt.Fprintf(&out, "of rdma-core %s and newer ones below %s, whose private ABI is %d.\n",
		t.addon.From, t.addon.Below, t.addon.PrivateABI)
	if !t.known {
		fmt.Fprintf(&out, "This release has not been examined, so no release other than %s is allowed.\n", t.addon.From)
	}
	return out.Bytes()
}

// sourceFiles are the provider's files that are copied into its directory in rdma-core.
type sourceFiles map[string][]byte

func providerSources(pr *provider.Provider) (sourceFiles, error) {
	root, err := os.OpenRoot(pr.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the provider's directory: %w", err)
	}
	defer root.Close()
	folder := pr.Manifest.Folder() + "/"
	out := sourceFiles{}
	for _, c := range pr.CopyPlan() {
		name, ours := strings.CutPrefix(c.To, folder)
		if !ours {
			continue
		}
		if out[name], err = root.ReadFile(c.From.Name); err != nil {
			return nil, fmt.Errorf("read the provider's %s: %w", c.From.Name, err)
		}
	}
	return out, nil
}

// calls reports whether a source mentions the function, in code or not.
func (s sourceFiles) calls(function string) bool {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(function) + `\b`)
	for _, data := range s {
		if word.Match(data) {
			return true
		}
	}
	return false
}
