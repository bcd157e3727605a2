// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func openClone(t *testing.T, path string) *Clone {
	t.Helper()
	c, err := OpenClone(path, io.Discard)
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

func refNames(refs []Ref) []string {
	var names []string
	for _, ref := range refs {
		names = append(names, ref.Name)
	}
	slices.Sort(names)
	return names
}

func TestCloneListsReleases(t *testing.T) {
	c, tagged, head := newCheckout(t)
	c.git("tag", "v57.0") // lightweight
	c.git("tag", "v58-rc1")
	c.git("tag", "v59.amzn0")
	c.git("tag", "v56mlnx1")
	c.git("tag", "59.bare0") // a fork's need no v
	c.git("tag", "debian/57.0-1")
	c.git("tag", "v56.1+acme-2")
	c.git("tag", "other")
	c.git("tag", "vendor/v1")
	c.git("tag", "v9.9", "HEAD:src") // no commit
	refs, err := openClone(t, c.dir).Refs(t.Context())
	must(t, err)
	if got := refNames(refs); !slices.Equal(got, []string{"59.bare0", "v56.1", "v56.1+acme-2", "v56mlnx1", "v57.0", "v58-rc1", "v59.amzn0"}) {
		t.Errorf("got %v", got)
	}
	for _, ref := range refs {
		if ref.Upstreams() != (ref.Name == "v56.1" || ref.Name == "v57.0") || ref.Candidate() != (ref.Name == "v58-rc1") {
			t.Errorf("%s: upstream's %v, a candidate %v", ref.Name, ref.Upstreams(), ref.Candidate())
		}
	}
	for _, ref := range refs {
		want := map[string]string{"v56.1": tagged, "v57.0": head}[ref.Name]
		if want == "" {
			continue
		}
		if ref.Commit != want || !ref.Time.Equal(time.Date(2025, 2, 3, 4, 5, 6, 0, time.UTC)) {
			t.Errorf("%+v, want commit %s", ref, want)
		}
	}
}

func TestCloneTakesUpstreamsMaster(t *testing.T) {
	c, tagged, head := newCheckout(t)
	c.git("branch", Master, tagged)
	clone := openClone(t, c.dir)
	for _, want := range []string{tagged, head} {
		refs, err := clone.Refs(t.Context())
		must(t, err)
		last := refs[len(refs)-1]
		if last.Name != Master || last.Commit != want {
			t.Errorf("got %+v, want master at %s", last, want)
		}
		c.git("update-ref", "refs/remotes/origin/master", head)
	}
}

func TestCloneReadsFiles(t *testing.T) {
	c, tagged, _ := newCheckout(t)
	clone := openClone(t, c.dir)
	files, err := clone.Files(t.Context(), tagged, []string{cmakeLists, "no such file", "src/a b.c"})
	must(t, err)
	if len(files) != 2 || string(files["src/a b.c"]) != "int a;\n" {
		t.Errorf("got %q", files)
	}
	if v, err := Version(files[cmakeLists]); err != nil || v != "56.1" {
		t.Errorf("version %q: %v", v, err)
	}
	refs, err := clone.Refs(t.Context())
	must(t, err)
	blobs, err := clone.FileOf(t.Context(), refs, "src/a b.c")
	if err != nil || len(blobs) != len(refs) || string(blobs[0]) != "int a;\n" {
		t.Errorf("got %q: %v", blobs, err)
	}
	for _, name := range []string{"src", "a\nb"} {
		if _, err := clone.Files(t.Context(), tagged, []string{name}); err == nil {
			t.Errorf("%q is read", name)
		}
	}
	if files, err := clone.Files(t.Context(), tagged, nil); err != nil || len(files) != 0 {
		t.Errorf("nothing asked: %v, %v", files, err)
	}
}

func TestCloneRefusesWhatIsNone(t *testing.T) {
	c, _, _ := newCheckout(t)
	file := writeFile(t, t.TempDir()+"/rdma-core-56.1.tar.gz", []byte("x"))
	for _, path := range []string{t.TempDir(), file, c.dir + "@v56.1", c.dir + "/src", "/no/such/folder"} {
		_, err := OpenClone(path, io.Discard)
		var given *GivenError
		if !errors.As(err, &given) || given.Source != path {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestReadBatchRefusesOtherAnswers(t *testing.T) {
	for _, answer := range []string{
		"", "id blob\n", "id tree 3\nabc\n", "id blob x\nabc\n", "id blob -1\n", "id blob 9\nabc\n", "id blob 3\nabcd", "id blob 3\nabc",
	} {
		if _, err := readBatch(bufio.NewReader(strings.NewReader(answer)), []string{"c:f"}); err == nil {
			t.Errorf("%q is taken", answer)
		}
	}
}
