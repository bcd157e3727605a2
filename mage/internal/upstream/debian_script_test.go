// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// debianScripts reads the real script.
type debianScripts struct{}

func (debianScripts) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join("../../../scripts", name))
}

// aptRepository is a repository of source packages.
type aptRepository struct {
	origin, label, suite string
	versions             []string
}

// write writes it to a directory.
func (r aptRepository) write(t *testing.T, dir string) {
	t.Helper()
	var sources strings.Builder
	for _, version := range r.versions {
		upstream, _, _ := strings.Cut(version, "-")
		orig := fmt.Sprintf("rdma-core_%s.orig.tar.gz", upstream)
		dsc := fmt.Sprintf("rdma-core_%s.dsc", version)
		fmt.Fprintf(&sources, "Package: rdma-core\nBinary: rdma-core\nVersion: %s\nDirectory: pool\nChecksums-Sha256:\n", version)
		for _, file := range []string{dsc, orig} {
			body := []byte(r.label + " " + file)
			if file == dsc {
				body = []byte("dsc of " + version)
			}
			writeFile(t, filepath.Join(dir, "pool", file), body)
			fmt.Fprintf(&sources, " %s %d %s\n", sumOf(body), len(body), file)
		}
		sources.WriteByte('\n')
	}
	index := []byte(sources.String())
	in := filepath.Join(dir, "dists", r.suite)
	writeFile(t, filepath.Join(in, "main/source/Sources"), index)
	writeFile(t, filepath.Join(in, "Release"), fmt.Appendf(nil,
		"Origin: %s\nLabel: %s\nSuite: %s\nCodename: %s\nDate: Mon, 03 Feb 2025 04:05:06 UTC\nComponents: main\nSHA256:\n %s %d main/source/Sources\n",
		r.origin, r.label, r.suite, r.suite, sumOf(index), len(index)))
}

// aptMachine makes apt read the sources that a test writes below dir, and
// know no index.
func aptMachine(t *testing.T, dir string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(dir, "lists/partial"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "parts"), 0o755))
	hook := filepath.Join(dir, "hook-ran")
	t.Setenv("APT_CONFIG", writeFile(t, filepath.Join(dir, "apt.conf"), fmt.Appendf(nil,
		"Dir::Etc::sourcelist %q;\nDir::Etc::sourceparts %q;\nDir::State::lists %q;\nAPT::Update::Post-Invoke { %q; };\nAPT::Update::Pre-Invoke { %q; };\n",
		filepath.Join(dir, "sources.list"), filepath.Join(dir, "parts"), filepath.Join(dir, "lists"), "touch "+hook, "touch "+hook)))
}

func TestDebianSourceScript(t *testing.T) {
	needApt(t)
	around := t.TempDir()
	must(t, os.Chmod(around, 0o755))
	repo := func(name string) string { return filepath.Join(around, name) }
	for dir, r := range map[string]aptRepository{
		"debian":   {"Debian", "Debian", "trixie", []string{"56.1-1", "56.1-10", "56.1-9", "56.10-1", "6.1-1"}},
		"security": {"Debian", "Debian-Security", "bookworm", []string{"56.1-2"}},
		"foreign":  {"Vendor", "Vendor", "trixie", []string{"56.1-99"}},
	} {
		r.write(t, repo(dir))
	}

	oneLine := "deb [arch=amd64 trusted=yes] file:%s bookworm main contrib\n"
	stanza := "# comment\n\n# another\nTypes: deb\nURIs:\n file:%s\nSuites: bookworm bookworm-updates\nComponents: main\nArchitectures: amd64\nTrusted: yes\n\n"
	cases := map[string]struct {
		list, sources  string
		suite, version string
		want           string // in the output; "" for success
	}{
		"one line":         {list: fmt.Sprintf(oneLine, repo("debian")), suite: "trixie", version: "56.1"},
		"source entry":     {list: fmt.Sprintf(strings.Replace(oneLine, "deb ", "deb-src ", 1), repo("debian")), suite: "trixie", version: "56.1"},
		"deb822":           {sources: fmt.Sprintf(stanza, repo("debian")), suite: "trixie", version: "56.1"},
		"windows line end": {list: strings.ReplaceAll(fmt.Sprintf(oneLine, repo("debian")), "\n", "\r\n"), suite: "trixie", version: "56.1"},
		"others first": {
			list:    "deb cdrom:[x y]/ bookworm main\ndeb file:/flat ./\n" + fmt.Sprintf(oneLine, repo("foreign")) + fmt.Sprintf(oneLine, repo("security")),
			sources: fmt.Sprintf(stanza, repo("foreign")) + fmt.Sprintf(stanza, repo("debian")), suite: "trixie", version: "56.1",
		},
		"only foreign":       {list: fmt.Sprintf(oneLine, repo("foreign")), suite: "trixie", version: "56.1", want: "not the archive of Debian but of: Vendor|Vendor"},
		"only security":      {list: fmt.Sprintf(oneLine, repo("security")), suite: "bookworm", version: "56.1", want: "but of: Debian|Debian-Security"},
		"disabled":           {sources: "Enabled: no\n" + strings.TrimPrefix(fmt.Sprintf(stanza, repo("debian")), "# comment\n\n# another\n"), suite: "trixie", version: "56.1", want: "no entry that could be"},
		"nothing configured": {suite: "trixie", version: "56.1", want: "no entry that could be"},
		"no such suite":      {list: fmt.Sprintf(oneLine, repo("debian")), suite: "sid", version: "56.1", want: "leads to suite sid"},
		"no such version":    {list: fmt.Sprintf(oneLine, repo("debian")), suite: "trixie", version: "56", want: "has no rdma-core 56"},
		"odd suite":          {suite: "trixie;x", version: "56.1", want: "invalid suite"},
		"odd version":        {suite: "trixie", version: "56.1/x", want: "invalid version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			machine := t.TempDir()
			aptMachine(t, machine)
			writeFile(t, filepath.Join(machine, "sources.list"), []byte(c.list))
			writeFile(t, filepath.Join(machine, "parts/x.sources"), []byte(c.sources))
			before := names(t, machine)
			dir := filepath.Join(t.TempDir(), `de st'"%`)
			must(t, os.Mkdir(dir, 0o755))
			var log bytes.Buffer
			file, err := HostApt{debianScripts{}}.Download(context.Background(), c.suite, c.version, dir, &log)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				if left := names(t, dir); len(left) > 0 {
					t.Errorf("left behind: %q", left)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, log.String())
			}
			if body, _ := os.ReadFile(file); string(body) != "Debian rdma-core_56.1.orig.tar.gz" {
				t.Errorf("got %s with %q", file, body)
			}
			if !strings.Contains(log.String(), "downloading rdma-core 56.1-10") {
				t.Errorf("not the highest revision:\n%s", log.String())
			}
			if left := names(t, dir); len(left) != 1 {
				t.Errorf("left behind: %q", left)
			}
			if after := names(t, machine); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("the machine has changed: %q, before %q", after, before)
			}
		})
	}
}
