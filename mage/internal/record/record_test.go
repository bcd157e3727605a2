// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever the list of a build root depends on is in its key.
func TestKeysHaveEachField(t *testing.T) {
	stagetest.EachFieldCounts(t, rootInput{})
}

// recorded is a whole record.
func recorded() artifact.Record {
	return artifact.Record{
		Format: artifact.RecordFormat, Kind: artifact.RPMs, Distro: "rocky9", Release: "56.1",
		Source:      artifact.RecordedSource{Name: "rdma-core-56.1.tar.gz", Digest: "s"},
		Provider:    &artifact.RecordedProvider{Name: "fly", SHA256: "p", Files: []artifact.Digest{{Path: "fly.c", SHA256: "c"}, {Path: "fly.h", SHA256: "h"}}},
		Inputs:      []artifact.Digest{{Path: "SOURCES/fly.patch", SHA256: "i"}, {Path: "scripts/rpm-build.sh", SHA256: "j"}},
		BuildRoot:   artifact.BuildRoot{RPM: []artifact.Installed{{Package: "gcc-14-1.x86_64", SHA256: "g"}}, Dpkg: []artifact.Installed{{Package: "libc6=2.36"}}, Macros: map[string]string{"dist": ".el9"}},
		Environment: map[string]string{"TZ": "UTC"},
		Outputs:     []artifact.Digest{{Path: "RPMS/x86_64/a.rpm", SHA256: "x"}},
	}
}

// The first input that differs is named, and what it was; images' names and verbsmith's version are no inputs.
func TestFirstDifference(t *testing.T) {
	for want, change := range map[string]func(r *artifact.Record){
		"": func(r *artifact.Record) {
			r.Verbsmith, r.Toolchain.ID, r.Base.ID, r.Outputs = "other", "other", "other", nil
		},
		"release differs from the record: want 56.1, got 56.0":                func(r *artifact.Record) { r.Release = "56.0" },
		"source rdma-core-56.1.tar.gz differs from the record: want s, got t": func(r *artifact.Record) { r.Source.Digest = "t" },
		"provider differs from the record: want fly, got none":                func(r *artifact.Record) { r.Provider = nil },
		"provider differs from the record: want fly, got bee":                 func(r *artifact.Record) { r.Provider.Name = "bee" },
		"provider file fly.h differs from the record: want h, got x":          func(r *artifact.Record) { r.Provider.Files[1].SHA256 = "x"; r.Provider.SHA256 = "q" },
		"provider file new.c differs from the record: want none, got n": func(r *artifact.Record) {
			r.Provider.Files = append(r.Provider.Files, artifact.Digest{Path: "new.c", SHA256: "n"})
		},
		"provider.yaml differs from the record: want p, got q":                                           func(r *artifact.Record) { r.Provider.SHA256 = "q" },
		"input SOURCES/fly.patch differs from the record: want i, got none":                              func(r *artifact.Record) { r.Inputs = r.Inputs[1:] },
		"environment TZ differs from the record: want UTC, got CET":                                      func(r *artifact.Record) { r.Environment = map[string]string{"TZ": "CET"} },
		"macro dist differs from the record: want .el9, got .el10":                                       func(r *artifact.Record) { r.BuildRoot.Macros = map[string]string{"dist": ".el10"} },
		"build root: package gcc-14-1.x86_64 differs from the record: want installed g, got installed h": func(r *artifact.Record) { r.BuildRoot.RPM[0].SHA256 = "h" },
		"build root: package libc6=2.36 differs from the record: want installed, got none":               func(r *artifact.Record) { r.BuildRoot.Dpkg = nil },
	} {
		other := recorded()
		change(&other)
		got := ""
		if err := SameInputs(recorded(), other); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A record of before there was a field for the processor names it if it was cross-compiled for.
func TestReadOfAnEarlierVersion(t *testing.T) {
	rec := recorded()
	rec.Cross = "aarch64"
	data, err := json.Marshal(rec)
	file := filepath.Join(t.TempDir(), "a.buildinfo")
	if err := errors.Join(err, os.WriteFile(file, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(file); err != nil || got.Processor != "aarch64" {
		t.Errorf("got %q, %v", got.Processor, err)
	}
}

// What is no record is refused with its line, what was wanted and what was found.
func TestRead(t *testing.T) {
	text := func(change func(r *artifact.Record)) string {
		rec := recorded()
		change(&rec)
		data, err := json.MarshalIndent(rec, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(data) + "\n"
	}
	for name, tt := range map[string]struct{ text, want string }{
		"whole":            {text(func(*artifact.Record) {}), ""},
		"empty":            {"", ":1: want the record of a build, as JSON, got EOF"},
		"cut":              {text(func(*artifact.Record) {})[:60], ": want the record of a build, as JSON, got unexpected EOF"},
		"more":             {text(func(*artifact.Record) {}) + "{}", "got more behind its end"},
		"a wrong type":     {"{\n\"format\": 1}", ":2: want the record of a build, as JSON, got json: cannot unmarshal number"},
		"an unknown field": {"{\n\"x\": 1}", `unknown field "x"`},
		"another format":   {text(func(r *artifact.Record) { r.Format = "x/2" }), `want "format": "verbsmith-buildinfo/1", got "x/2"`},
		"another kind":     {text(func(r *artifact.Record) { r.Kind = "apk" }), `want "kind": rpm, deb, rpm:addon or deb:addon, got "apk"`},
		"no release":       {text(func(r *artifact.Record) { r.Release = "" }), `want a "release", got none`},
		"no provider":      {text(func(r *artifact.Record) { r.Kind, r.Provider = artifact.DebAddon, nil }), `want a "provider" of an add-on, got none`},
		"no outputs":       {text(func(r *artifact.Record) { r.Outputs = nil }), `want "outputs", got none`},
		"outside":          {text(func(r *artifact.Record) { r.Outputs[0].Path = "../a.rpm" }), `got "../a.rpm"`},
	} {
		file := filepath.Join(t.TempDir(), "a.buildinfo")
		put(t, file, tt.text)
		_, err := Read(file)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

// The list of a build root has each package with its sum, also where dpkg's files are named without the architecture.
func TestReadRoot(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "rpm"), "gcc-14-1.x86_64 aa\ngpg-pubkey-1-1 \n")
	put(t, filepath.Join(dir, "dpkg"), "dash 0.5\nlibc6:amd64 2.36\nlibz:amd64 1\nempty 1\n")
	put(t, filepath.Join(dir, "sums"), "11  dash.md5sums\n22  libc6:amd64.md5sums\n33  libz.md5sums\n")
	put(t, filepath.Join(dir, "macros"), "dist\t.el9\nempty\t\n")
	root, err := readRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"rpm":[{"package":"gcc-14-1.x86_64","sha256":"aa"},{"package":"gpg-pubkey-1-1"}],` +
		`"dpkg":[{"package":"dash=0.5","sha256":"11"},{"package":"libc6:amd64=2.36","sha256":"22"},{"package":"libz:amd64=1","sha256":"33"},{"package":"empty=1"}],` +
		`"macros":{"dist":".el9","empty":""}}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	if _, err := readRoot(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing: got %v", err)
	}
}

// Packages are compared where they are next to their record, or all in one directory.
func TestGiven(t *testing.T) {
	rec := recorded()
	rec.Outputs = []artifact.Digest{{Path: "RPMS/x86_64/a.rpm", SHA256: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}
	for name, tt := range map[string]struct{ file, text, want string }{
		"next to it":   {"RPMS/x86_64/a.rpm", "a", ""},
		"in one place": {"a.rpm", "a", ""},
		"other bytes":  {"a.rpm", "b", "not the recorded packages: a.rpm"},
		"not there":    {"b.rpm", "a", "not the recorded packages: a.rpm (missing)"},
	} {
		dir := t.TempDir()
		if err := Given(rec, filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no directory: got %v", err)
		}
		put(t, filepath.Join(dir, tt.file), tt.text)
		err := Given(rec, dir)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

// What differs is named, with the first input that explains it.
func TestDifferError(t *testing.T) {
	e := &DifferError{Outcome{Same: 2, Differ: []string{"a", "b", "c", "d"}}}
	if got := e.Error(); got != "4 of 6 packages differ from the record: a, b, c and 1 more; every recorded input is the same, so the build gives other bytes each time" {
		t.Error(got)
	}
	e.Input = &InputError{Input: "macro dist", Want: ".el9", Got: ""}
	if got := e.Error(); !strings.HasSuffix(got, "; the first input that differs: macro dist differs from the record: want .el9, got none") {
		t.Error(got)
	}
	if !errors.Is(e, e.Input) {
		t.Error("the input is not what it wraps")
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
