// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// shown is a file's name in messages: below the repository. The file system, rooted at specs/, may know better.
func shown(fsys fs.FS, name string) string {
	if f, ok := fsys.(interface{ Shown(name string) string }); ok {
		return f.Shown(name)
	}
	return "specs/" + name
}

const (
	releasesFile   = "releases.yaml"
	releasesFolder = "releases" // one file for each release that is added
)

// OriginKind is the origin of a release's archive. Its bytes differ between origins.
type OriginKind string

const (
	// ReleaseAsset is the tarball attached to the release on GitHub; it carries
	// prebuilt man pages.
	ReleaseAsset OriginKind = "release-asset"
	// GitHubArchive is GitHub's archive of a tag: the bytes of "git archive
	// --prefix=rdma-core-VERSION/ TAG | gzip -n".
	GitHubArchive OriginKind = "github-archive"
	// DebianSource is the .orig tarball of a Debian source package.
	DebianSource OriginKind = "debian-source"
)

// Origin is one place to get a release from.
type Origin struct {
	Kind OriginKind `yaml:"kind" jsonschema:"enum=release-asset,enum=github-archive,enum=debian-source"`
	// File is the archive's name there.
	File string `yaml:"file" jsonschema:"pattern=^[A-Za-z0-9][A-Za-z0-9._+~-]*$" jsonschema_description:"the archive's file name"`
	// URL is empty for a Debian source package, which apt finds.
	URL string `yaml:"url,omitempty" jsonschema:"pattern=^https://[!-~]+$" jsonschema_description:"an https URL"`
	// SHA256 is the archive's sum in lower-case hex if it is published, else empty: then the
	// first download is recorded in the cache.
	SHA256 string `yaml:"sha256,omitempty" jsonschema:"pattern=^[0-9a-f]{64}$" jsonschema_description:"a SHA-256: 64 lower-case hex digits"`
	// Suite is the Debian suite that has the source package.
	Suite string `yaml:"suite,omitempty" jsonschema:"pattern=^[a-z][a-z0-9-]*$" jsonschema_description:"the name of a Debian suite"`
}

// Release is one release of rdma-core.
type Release struct {
	Version string `yaml:"version" jsonschema:"pattern=^[0-9]+[.][0-9]+$" jsonschema_description:"a release number such as \"56.1\""`
	// Tag is the release's tag in upstream's repository.
	Tag string `yaml:"tag" jsonschema:"pattern=^v[0-9]+[.][0-9]+$" jsonschema_description:"the release's git tag such as v56.1"`
	// Origins are in the order in which they are to be tried.
	Origins []Origin `yaml:"origins" jsonschema:"minItems=1"`
}

// Releases is the file releases.yaml.
type Releases struct {
	// Default is the release that is built if none is named.
	Default string `yaml:"default" jsonschema:"pattern=^[0-9]+[.][0-9]+$" jsonschema_description:"the default release such as \"56.1\""`
	// DebianImage is a Debian with apt, to fetch a debian-source on machines without apt.
	DebianImage string `yaml:"debianImage,omitempty" jsonschema_description:"an image such as debian:bookworm-slim"`
	// LabImage is the Debian of the kernel lab, which boots its default kernel.
	LabImage string `yaml:"labImage,omitempty" jsonschema_description:"an image such as debian:trixie-slim"`
	// Releases are in rising order.
	Releases []Release `yaml:"releases" jsonschema:"minItems=1"`

	file  string        // its name in messages
	files []releaseFile // in releases/; their releases are in Releases
}

// LoadReleases reads releases.yaml and releases/*.yaml from a file system rooted at specs/. All mistakes in them are
// reported at once, as *strictyaml.Mistake.
func LoadReleases(fsys fs.FS) (*Releases, error) {
	data, err := fs.ReadFile(fsys, releasesFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", shown(fsys, releasesFile), err)
	}
	var r Releases
	if err := strictyaml.Decode(shown(fsys, releasesFile), data, &r); err != nil {
		return nil, err
	}
	r.file = shown(fsys, releasesFile)
	if err := r.loadFiles(fsys); err != nil {
		return nil, err
	}
	return &r, nil
}

// Find returns the release of that number, or *UnknownError.
func (r *Releases) Find(version string) (Release, error) {
	for _, rel := range r.Releases {
		if rel.Version == version {
			return rel, nil
		}
	}
	return Release{}, &UnknownError{Kind: "release", Name: version, Known: r.Names()}
}

// Names returns the numbers of all releases, the oldest first.
func (r *Releases) Names() []string {
	names := make([]string, 0, len(r.Releases))
	for _, rel := range r.Releases {
		names = append(names, rel.Version)
	}
	return names
}

// Check finds mistakes that the schema cannot express.
func (r *Releases) Check() []strictyaml.Problem {
	var out []strictyaml.Problem
	for i, rel := range r.Releases {
		path := "releases[" + strconv.Itoa(i) + "]."
		if i > 0 && CompareVersions(r.Releases[i-1].Version, rel.Version) >= 0 {
			out = append(out, strictyaml.Problem{
				Path: path + "version",
				Want: "releases in ascending order, each once",
				Got:  rel.Version + " after " + r.Releases[i-1].Version,
			})
		}
		out = append(out, rel.check(path)...)
	}
	if !slices.Contains(r.Names(), r.Default) {
		out = append(out, strictyaml.Problem{Path: "default", Want: "one of the releases", Got: r.Default})
	}
	return out
}

// check finds mistakes in one release; path is what its fields' paths begin with.
func (rel Release) check(path string) []strictyaml.Problem {
	var out []strictyaml.Problem
	if rel.Tag != "v"+rel.Version {
		out = append(out, strictyaml.Problem{Path: path + "tag", Want: "v" + rel.Version, Got: rel.Tag})
	}
	kinds, files := map[OriginKind]bool{}, map[string]bool{}
	for i, o := range rel.Origins {
		at := path + "origins[" + strconv.Itoa(i) + "]"
		add := func(field, want, got string) {
			out = append(out, strictyaml.Problem{Path: at + "." + field, Want: want, Got: got})
		}
		if kinds[o.Kind] {
			add("kind", "each kind of origin once", string(o.Kind)+" again")
		}
		if files[o.File] {
			add("file", "a different file name in each origin", o.File+" again")
		}
		kinds[o.Kind], files[o.File] = true, true
		if o.Kind == DebianSource {
			o.checkDebian(add)
		} else {
			o.checkUpstream(add)
		}
	}
	return out
}

func (o Origin) checkDebian(add func(field, want, got string)) {
	if o.Suite == "" {
		add("suite", "the name of a Debian suite", "nothing")
	}
	if o.SHA256 == "" {
		add("sha256", "a SHA-256: 64 lower-case hex digits", "nothing")
	}
	if o.URL != "" {
		add("url", "nothing: apt locates the source package", o.URL)
	}
}

func (o Origin) checkUpstream(add func(field, want, got string)) {
	if o.URL == "" {
		add("url", "an https URL", "nothing")
	}
	if o.Suite != "" {
		add("suite", "nothing: it is only for debian-source", o.Suite)
	}
}
