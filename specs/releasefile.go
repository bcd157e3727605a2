// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// ReleaseFile is the name of an added release's file in the directory specs.
func ReleaseFile(version string) string { return releasesFolder + "/" + version + ".yaml" }

// VersionFormError is a version that no release can have.
type VersionFormError struct{ Got string }

// Error says how it is written.
func (e *VersionFormError) Error() string {
	return fmt.Sprintf("want a release number such as 66.0, got %q", e.Got)
}

// AddedRelease is a file in releases/: a release with what was measured in it.
type AddedRelease struct {
	Release `yaml:",inline"`

	// Sums are those of other archives of it: of a user's file, a clone's tag, a distro's source package.
	Sums []Sum `yaml:"sums,omitempty"`
	// Interface is the one that begins with this release or its stable series, unless interfaces.yaml has it.
	Interface *Interface `yaml:"interface,omitempty"`
}

// Sum is the sum of an archive that was seen, by its name in rdma-core.sum.
type Sum struct {
	Name   string `yaml:"name" jsonschema:"pattern=^[A-Za-z0-9%._+~^@:-]+$" jsonschema_description:"an archive's name as in rdma-core.sum"`
	SHA256 string `yaml:"sha256" jsonschema:"pattern=^[0-9a-f]{64}$" jsonschema_description:"a SHA-256: 64 lower-case hex digits"`
}

// releaseForm is the form of a release's number.
var releaseForm = regexp.MustCompile(`^[0-9]+[.][0-9]+$`)

// Upstream is a release of upstream's with its usual origins, none of which has been seen.
//
// Errors: *VersionFormError.
func Upstream(version string) (Release, error) {
	if !releaseForm.MatchString(version) {
		return Release{}, &VersionFormError{Got: version}
	}
	const site = "https://github.com/linux-rdma/rdma-core/"
	tag := "v" + version
	asset := "rdma-core-" + version + ".tar.gz"
	return Release{Version: version, Tag: tag, Origins: []Origin{
		{Kind: ReleaseAsset, File: asset, URL: site + "releases/download/" + tag + "/" + asset},
		{Kind: GitHubArchive, File: tag + ".tar.gz", URL: site + "archive/" + tag + ".tar.gz"},
	}}, nil
}

// releaseFile is such a file with what it must agree with.
type releaseFile struct {
	AddedRelease `yaml:",inline"`

	file   string // its name in messages
	data   []byte
	listed bool // releases.yaml has the release too, and then
	// more says that this file has other places for its archives, or a sum.
	more  bool
	check func(*releaseFile) []strictyaml.Problem
}

// Check finds mistakes that the schema cannot express.
func (f *releaseFile) Check() []strictyaml.Problem { return f.check(f) }

// problems are those that the file has alone.
func (rel *AddedRelease) problems() []strictyaml.Problem {
	out := rel.check("")
	seen := map[string]bool{}
	for i, sum := range rel.Sums {
		if seen[sum.Name] {
			at := "sums[" + strconv.Itoa(i) + "].name"
			out = append(out, strictyaml.Problem{Path: at, Want: "each archive once", Got: sum.Name + " again"})
		}
		seen[sum.Name] = true
	}
	if i := rel.Interface; i != nil && !i.Has(rel.Version) {
		out = append(out, strictyaml.Problem{
			Path: "interface", Want: "from and below with " + rel.Version + " between them", Got: i.From + " and " + i.Below,
		})
	}
	return out
}

// loadFiles adds the releases of releases/*.yaml.
func (r *Releases) loadFiles(fsys fs.FS) error {
	entries, err := fs.ReadDir(fsys, releasesFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", shown(fsys, releasesFolder), err)
	}
	listed := r.byVersion()
	var errs []error
	for _, e := range entries {
		name := path.Join(releasesFolder, e.Name())
		f := releaseFile{file: shown(fsys, name), check: func(f *releaseFile) []strictyaml.Problem {
			out := f.problems()
			if want := strings.TrimSuffix(path.Base(f.file), ".yaml"); f.Version != want {
				out = append(out, strictyaml.Problem{Path: "version", Want: want + ", like the file", Got: f.Version})
			}
			return append(out, f.differs(listed[f.Version], r.file)...)
		}}
		if f.data, err = fs.ReadFile(fsys, name); err == nil {
			err = loadFile(fsys, name, f.file, &f)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if known := listed[f.Version]; known != nil {
			f.listed = true
			known.Origins, f.more = mirrored(known.Origins, f.Origins)
		}
		r.files = append(r.files, f)
	}
	for _, f := range r.files {
		if !f.listed {
			r.Releases = append(r.Releases, f.Release)
		}
	}
	slices.SortFunc(r.Releases, func(a, b Release) int { return CompareVersions(a.Version, b.Version) })
	return errors.Join(errs...)
}

func (r *Releases) byVersion() map[string]*Release {
	all := make(map[string]*Release, len(r.Releases))
	for i := range r.Releases {
		all[r.Releases[i].Version] = &r.Releases[i]
	}
	return all
}

// mirrored are a release's origins behind other places for its archives, each with the sum of the archive, which either may know.
// more reports whether the file knew a place or a sum.
func mirrored(known, file []Origin) (all []Origin, more bool) {
	var first []Origin
	own := slices.Clone(known)
	for _, o := range file {
		at := slices.IndexFunc(own, func(k Origin) bool { return k.Kind == o.Kind })
		if at < 0 {
			first = append(first, o)
			continue
		}
		if own[at].SHA256 == "" && o.SHA256 != "" {
			own[at].SHA256, more = o.SHA256, true
		}
		if o.URL != own[at].URL || o.Suite != own[at].Suite {
			o.SHA256 = own[at].SHA256
			first = append(first, o)
		}
	}
	return append(first, own...), more || len(first) > 0
}

// differs are the archives of the release of which the list, in the file listed, has another sum. known is nil if it does not have
// the release.
func (f *releaseFile) differs(known *Release, listed string) []strictyaml.Problem {
	if known == nil {
		return nil
	}
	var out []strictyaml.Problem
	for n, o := range f.Origins {
		for _, k := range known.Origins {
			if k.Kind == o.Kind && k.SHA256 != "" && o.SHA256 != "" && k.SHA256 != o.SHA256 {
				at := "origins[" + strconv.Itoa(n) + "].sha256"
				out = append(out, strictyaml.Problem{Path: at, Want: k.SHA256 + ", which " + listed + " has", Got: o.SHA256})
			}
		}
	}
	return out
}

// File is the file that has a release, as in messages.
func (r *Releases) File(version string) string {
	for _, f := range r.files {
		if f.Version == version && !f.listed {
			return f.file
		}
	}
	return r.file
}

// Needless are the files, as in messages, that have nothing but what releases.yaml and interfaces.yaml have too: a later verbsmith
// knows the release.
func (r *Releases) Needless() []string {
	var names []string
	for _, f := range r.files {
		if f.listed && !f.more && f.Interface == nil && len(f.Sums) == 0 {
			names = append(names, f.file)
		}
	}
	return names
}

// InterfaceFile is the file that has the interface of a release, as in messages.
func (r *Releases) InterfaceFile(version string) string {
	for _, f := range r.files {
		if f.Interface != nil && f.Interface.Has(version) {
			return f.file
		}
	}
	return "specs/" + interfacesFile
}

// Pins are the sums of archives in the releases' files.
func (r *Releases) Pins() []PinFile {
	var pins []PinFile
	for _, f := range r.files {
		sums := slices.Clone(f.Sums)
		slices.SortFunc(sums, func(a, b Sum) int { return strings.Compare(a.Name, b.Name) })
		var text bytes.Buffer
		for _, s := range sums {
			fmt.Fprintf(&text, "%s %s sha256:%s\n", f.Version, s.Name, s.SHA256)
		}
		if text.Len() > 0 {
			pins = append(pins, PinFile{Name: f.file, Data: text.Bytes()})
		}
	}
	return pins
}

// Text is the file of a release of upstream's; says is its comment, line by line.
func (rel *AddedRelease) Text(says ...string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("# yaml-language-server: $schema=../schema/release.json\n#\n")
	for _, line := range says {
		fmt.Fprintf(&out, "# %s\n", line)
	}
	fmt.Fprintf(&out, "version: %q\ntag: %s\norigins:\n", rel.Version, rel.Tag)
	for _, o := range rel.Origins {
		fmt.Fprintf(&out, "  - {kind: %s, file: %s, url: %q", o.Kind, o.File, o.URL)
		if o.SHA256 != "" {
			fmt.Fprintf(&out, ", sha256: %q", o.SHA256)
		}
		out.WriteString("}\n")
	}
	if len(rel.Sums) > 0 {
		out.WriteString("sums:\n")
	}
	for _, s := range rel.Sums {
		fmt.Fprintf(&out, "  - {name: %q, sha256: %q}\n", s.Name, s.SHA256)
	}
	if i := rel.Interface; i != nil {
		fmt.Fprintf(&out, "interface: {privateABI: %d, from: %q, below: %q", i.PrivateABI, i.From, i.Below)
		if i.Layout != "" {
			fmt.Fprintf(&out, ", layout: %q", i.Layout)
		}
		out.WriteString("}\n")
	}
	// What is written can be read.
	f := releaseFile{check: func(f *releaseFile) []strictyaml.Problem { return f.problems() }}
	if err := strictyaml.Decode(ReleaseFile(rel.Version), out.Bytes(), &f); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
