// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/signing"
)

// tampering is one change of a released directory, and the fault that has to be named.
type tampering struct {
	do   func(t *testing.T, dir string)
	file string
	what string
}

// at is the path of a file of a released directory.
func at(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }

const (
	library  = "rpm/rocky9/x86_64/libibverbs.rpm"
	utils    = "rpm/rocky9/x86_64/libibverbs-utils.rpm"
	metadata = "rpm/rocky9/x86_64/repodata/repomd.xml"
	binary   = "deb/pool/bookworm/ibverbs-providers_56.1-1_amd64.deb"
	evidence = "builds/rocky9/rdma-core-56.1/"
)

func copied(from, to string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		data, err := os.ReadFile(at(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		replace(t, at(dir, to), data)
	}
}

func edited(name, was, is string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		data, err := os.ReadFile(at(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), was) {
			t.Fatalf("%s does not have %q", name, was)
		}
		replace(t, at(dir, name), []byte(strings.Replace(string(data), was, is, 1)))
	}
}

func removed(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Remove(at(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func damaged(name string, byteAt int) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		damage(t, at(dir, name), byteAt)
	}
}

func tamperings(t *testing.T) map[string]tampering {
	t.Helper()
	unsigned := rpms(t)
	return map[string]tampering{
		"a byte more in a payload": {func(t *testing.T, dir string) {
			t.Helper()
			data, err := os.ReadFile(at(dir, library))
			if err != nil {
				t.Fatal(err)
			}
			replace(t, at(dir, library), append(data, 'x'))
		}, library, string(signing.Damaged)},
		"a byte of a header": {damaged(library, -5), library, string(signing.Altered)},
		"a byte of a signature": {func(t *testing.T, dir string) {
			t.Helper()
			damage(t, at(dir, library), 300)
		}, library, ""},
		"a signature is gone": {func(t *testing.T, dir string) {
			t.Helper()
			data, err := os.ReadFile(filepath.Join(unsigned.Dist.Dir, "RPMS", "libibverbs.rpm"))
			if err != nil {
				t.Fatal(err)
			}
			replace(t, at(dir, library), data)
		}, library, string(signing.Missing)},
		"another package in its place":       {copied(utils, library), library, "it is another package"},
		"a package is gone":                  {removed(library), library, "it is missing"},
		"a package more":                     {copied(utils, "rpm/rocky9/x86_64/evil.rpm"), "rpm/rocky9/x86_64/evil.rpm", "it was not released"},
		"a link":                             {func(t *testing.T, dir string) { t.Helper(); link(t, dir) }, "rpm/rocky9/x86_64/link.rpm", "it is a link"},
		"the list of dnf":                    {edited(metadata, "primary", "filelists"), metadata, string(signing.Altered)},
		"its signature is gone":              {removed(metadata + ".asc"), metadata, string(signing.Missing)},
		"its signature is another's":         {copied(SignedSums, metadata+".asc"), metadata, string(signing.Altered)},
		"the packages of dnf":                {damaged("rpm/rocky9/x86_64/repodata/1-primary.xml.gz", 12), "rpm/rocky9/x86_64/repodata/1-primary.xml.gz", "it is not the one"},
		"the list of apt":                    {edited("deb/dists/bookworm/InRelease", "Suite: bookworm", "Suite: stable"), "deb/dists/bookworm/InRelease", string(signing.Altered)},
		"the signature of apt's list":        {copied("deb/dists/bookworm/main/binary-amd64/Packages", "deb/dists/bookworm/InRelease"), "deb/dists/bookworm/InRelease", string(signing.Missing)},
		"the packages of apt":                {edited("deb/dists/bookworm/main/binary-amd64/Packages", "SHA256: ", "SHA256: 0"), "deb/dists/bookworm/main/binary-amd64/Packages", "it lists another"},
		"a package of Debian":                {damaged(binary, 0), binary, "it is not the package"},
		"a foreign CycloneDX document":       {copied(evidence+"sbom/libibverbs-utils.rpm.cdx.json", evidence+"sbom/libibverbs.rpm.cdx.json"), evidence + "sbom/libibverbs.rpm.cdx.json", "it is about something else"},
		"a foreign SPDX document":            {copied(evidence+"sbom/libibverbs-utils.rpm.spdx.json", evidence+"sbom/libibverbs.rpm.spdx.json"), evidence + "sbom/libibverbs.rpm.spdx.json", "it is about something else"},
		"the provenance of another build":    {copied("builds/debian-bookworm/rdma-core-56.1/"+provenanceFile, evidence+provenanceFile), evidence + provenanceFile, "it is about something else"},
		"a changed provenance":               {edited(evidence+provenanceFile, `"payload": "e`, `"payload": "f`), evidence + provenanceFile, ""},
		"no provenance":                      {removed(evidence + provenanceFile), evidence + provenanceFile, "it is missing"},
		"the sums":                           {edited(SumsFile, "  ", "  x"), SumsFile, string(signing.Altered)},
		"the signature of the sums is gone":  {removed(SignedSums), SumsFile, string(signing.Missing)},
		"a key in place of the key":          {func(t *testing.T, dir string) { t.Helper(); otherKey(t, dir) }, KeyFile, "it is another key"},
		"a .repo file that wants no signing": {edited("rpm/rocky9/rib.repo", "gpgcheck=1", "gpgcheck=0"), "rpm/rocky9/rib.repo", "it has other bytes"},
		"verdicts":                           {edited(evidence+"junit.xml", "testsuites", "testsuite"), evidence + "junit.xml", "it has other bytes"},
		"a changelog":                        {edited(evidence+changelogFile, "new here", "from 0 to 1"), evidence + changelogFile, "it has other bytes"},
		"a changelog of another build":       {copied("builds/debian-bookworm/rdma-core-56.1/"+changelogFile, evidence+changelogFile), evidence + changelogFile, "it is about something else"},
		"a changelog is gone":                {removed(evidence + changelogFile), evidence + changelogFile, "it is missing"},
		"the index":                          {edited(IndexFile, `"serial": 1`, `"serial": 9`), IndexFile, "it has other bytes"},
	}
}

func link(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink("libibverbs.rpm", at(dir, "rpm/rocky9/x86_64/link.rpm")); err != nil {
		t.Fatal(err)
	}
}

func otherKey(t *testing.T, dir string) {
	t.Helper()
	public, err := keyOf(t, 0).Public()
	if err != nil {
		t.Fatal(err)
	}
	replace(t, at(dir, KeyFile), public)
}

// faultsOf are what Check finds.
func faultsOf(t *testing.T, dir string, trust Trust) []Fault {
	t.Helper()
	_, err := Check(t.Context(), dir, trust)
	tampered, ok := errors.AsType[*TamperedError](err)
	if err != nil && !ok {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	return tampered.Faults
}

func named(faults []Fault, file, what string) bool {
	for _, f := range faults {
		if f.File == file && strings.Contains(f.What, what) {
			return true
		}
	}
	return false
}

func TestTamperings(t *testing.T) {
	key := keyOf(t, 0)
	dir := released(t, key)
	ring := ringOf(t, key, now)
	if faults := faultsOf(t, dir, Trust{Ring: ring}); len(faults) > 0 {
		t.Fatalf("an untouched release: %v", faults)
	}
	for name, c := range tamperings(t) {
		t.Run(name, func(t *testing.T) {
			tampered := filepath.Join(t.TempDir(), "release")
			if err := os.CopyFS(tampered, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			c.do(t, tampered)
			if faults := faultsOf(t, tampered, Trust{Ring: ring}); !named(faults, c.file, c.what) {
				t.Errorf("want %s: %s, got %v", c.file, c.what, faults)
			}
			// With sums that agree, which nobody can sign.
			d := &draft{dir: tampered, into: tampered}
			sums, err := d.sums()
			if err != nil {
				return // a link
			}
			replace(t, at(tampered, SumsFile), sums)
			if faults := faultsOf(t, tampered, Trust{Ring: ring}); !named(faults, SumsFile, "") && c.file != SumsFile {
				t.Errorf("with other sums: want %s, got %v", SumsFile, faults)
			}
		})
	}
}

// TestOldStates: what was signed once is not true for ever.
func TestOldStates(t *testing.T) {
	key, day := keyOf(t, 0), 24*time.Hour
	dir := filepath.Join(t.TempDir(), "release")
	if _, err := order(t, dir, key, func(o *Order) { o.Valid = 10 * day }, rpms(t)); err != nil {
		t.Fatal(err)
	}
	if faults := faultsOf(t, dir, Trust{Ring: ringOf(t, key, now.Add(9*day))}); len(faults) > 0 {
		t.Errorf("before its end: %v", faults)
	}
	late := faultsOf(t, dir, Trust{Ring: ringOf(t, key, now.Add(11*day))})
	if !named(late, SumsFile, string(signing.OutOfDate)) || !named(late, metadata, string(signing.OutOfDate)) {
		t.Errorf("a frozen repository: got %v", late)
	}
	frozen := faultsOf(t, dir, Trust{Ring: ringOf(t, key, now.Add(day)), Serial: 2})
	if !named(frozen, IndexFile, "an older state") {
		t.Errorf("an older state: got %v", frozen)
	}

	other := released(t, keyOf(t, 0))
	if faults := faultsOf(t, other, Trust{Ring: ringOf(t, key, now.Add(day))}); !named(faults, SumsFile, string(signing.OtherKey)) ||
		!named(faults, library, string(signing.OtherKey)) || !named(faults, KeyFile, "it is another key") {
		t.Errorf("all of it signed with another key: got %v", faults)
	}

	short := keyOf(t, 3650*day)
	shortLived := released(t, short)
	if faults := faultsOf(t, shortLived, Trust{Ring: ringOf(t, short, born.Add(3651*day))}); !named(faults, SumsFile, string(signing.KeyOld)) ||
		!named(faults, library, string(signing.KeyOld)) {
		t.Errorf("a key that has expired: got %v", faults)
	}
}

// TestReplayed: an older package that was released once is not the one that its place says.
func TestReplayed(t *testing.T) {
	key := keyOf(t, 0)
	dir := released(t, key)
	older := filepath.Join(t.TempDir(), "older")
	old := candidate(t, "rocky9/rdma-core-56.1", artifact.RPMs, map[string]string{
		"RPMS/libibverbs.rpm": "/usr/lib64/older", "RPMS/libibverbs-utils.rpm": "/usr/bin/ibv_devices",
	})
	if _, err := order(t, older, key, nil, old); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(at(older, library))
	if err != nil {
		t.Fatal(err)
	}
	replace(t, at(dir, library), data)
	if data, err = os.ReadFile(at(older, evidence+provenanceFile)); err != nil {
		t.Fatal(err)
	}
	replace(t, at(dir, evidence+provenanceFile), data)
	if faults := faultsOf(t, dir, Trust{Ring: ringOf(t, key, now)}); !named(faults, evidence+provenanceFile, "it is about something else") {
		t.Errorf("the provenance of the older package: got %v", faults)
	}
	if faults := faultsOf(t, dir, Trust{Ring: ringOf(t, key, now)}); !named(faults, library, "it is not the package that was released") {
		t.Errorf("got %v", faults)
	}
}
