// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// checkout is a git repository that a test makes.
type checkout struct {
	t   *testing.T
	dir string
}

func (c *checkout) git(args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(context.Background(), "git", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.org",
		"GIT_AUTHOR_DATE=2025-02-03T04:05:06Z", "GIT_COMMITTER_DATE=2025-02-03T04:05:06Z")
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits an rdma-core of that version, and returns the commit's id.
func (c *checkout) commit(version string) string {
	writeFile(c.t, filepath.Join(c.dir, cmakeLists), []byte(cmakeText(version)))
	writeFile(c.t, filepath.Join(c.dir, "src", "a b.c"), []byte("int a;\n"))
	writeFile(c.t, filepath.Join(c.dir, "build.sh"), []byte("#!/bin/sh\n"))
	must(c.t, os.Chmod(filepath.Join(c.dir, "build.sh"), 0o755))
	c.git("add", ".")
	c.git("commit", "-q", "-m", version)
	return c.git("rev-parse", "HEAD")
}

// newCheckout has v56.1 tagged, and 57.0 to be at HEAD.
func newCheckout(t *testing.T, options ...string) (c *checkout, tagged, head string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("these tests need git")
	}
	c = &checkout{t: t, dir: filepath.Join(t.TempDir(), `re po'"%@x`)}
	must(t, os.Mkdir(c.dir, 0o755))
	c.git(append([]string{"init", "-q", "-b", "main"}, options...)...)
	tagged = c.commit("56.1")
	c.git("tag", "-a", "-m", "release", "v56.1")
	head = c.commit("57.0")
	return c, tagged, head
}

// archived is what GitHub would serve for the commit.
func (c *checkout) archived(version, commit string) []byte {
	c.t.Helper()
	cmd := exec.CommandContext(context.Background(), "sh", "-c", `git -c tar.umask=0002 archive --format=tar --prefix="$1/" "$2" | gzip -n`, "sh", "rdma-core-"+version, commit)
	cmd.Dir = c.dir
	out, err := cmd.Output()
	must(c.t, err)
	return out
}

func resolveAndVerify(t *testing.T, req Request) *Verified {
	t.Helper()
	if req.CacheDir == "" {
		req.CacheDir = t.TempDir()
	}
	a, err := Resolve(context.Background(), req)
	must(t, err)
	v, err := a.Verify(t.Context())
	must(t, err)
	return v
}

func TestGitSource(t *testing.T) {
	c, tagged, head := newCheckout(t)
	// A branch with a change says the same version, but is not the release.
	c.git("checkout", "-q", "-b", "side", "v56.1")
	writeFile(t, filepath.Join(c.dir, "new"), nil)
	side := c.commit("56.1")
	c.git("checkout", "-q", "main")
	release, next := c.archived("56.1", tagged), c.archived("57.0", head)
	pinned := []Origin{{Kind: KindGitHubArchive, File: "v56.1.tar.gz", SHA256: sumOf(release)}}
	cases := map[string]struct {
		source, version string
		origins         []Origin
		bytes           []byte
		how             How
		against         string
		wanted          Source
	}{
		"tag, pinned":    {"@v56.1", "56.1", pinned, release, HowPinned, KindGitHubArchive, Source{Version: "56.1", Tag: "v56.1", Commit: tagged}},
		"no ref: tag":    {"", "56.1", nil, release, HowCommit, tagged, Source{Version: "56.1", Tag: "v56.1", Commit: tagged}},
		"no ref: HEAD":   {"", "57.0", nil, next, HowCommit, head, Source{Version: "57.0", Commit: head}},
		"no version":     {"#HEAD", "", pinned, next, HowCommit, head, Source{Version: "57.0", Commit: head}},
		"nothing at all": {"", "", nil, next, HowCommit, head, Source{Version: "57.0", Commit: head}},
		"commit of tag":  {"@" + tagged, "", pinned, release, HowPinned, KindGitHubArchive, Source{Version: "56.1", Tag: "v56.1", Commit: tagged}},
		"branch off the tag": {
			"@side", "56.1", pinned, c.archived("56.1", side), HowCommit, side,
			Source{Version: "56.1", Commit: side},
		},
		"relative ref": {"@HEAD~1", "56.1", nil, release, HowCommit, tagged, Source{Version: "56.1", Tag: "v56.1", Commit: tagged}},
	}
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			store := newSums()
			v := resolveAndVerify(t, Request{Version: k.version, Source: c.dir + k.source, Origins: k.origins, Sums: store})
			if v.How != k.how || v.Against != k.against {
				t.Errorf("verified by %s (%s), want %s (%s)", v.How, v.Against, k.how, k.against)
			}
			if len(store.m) > 0 {
				t.Errorf("recorded %v: a commit is its own digest", store.m)
			}
			if got, _ := os.ReadFile(v.Archive().Path()); !bytes.Equal(got, k.bytes) {
				t.Error("the bytes are not those of git archive | gzip -n")
			}
			s, err := v.Unpack(context.Background(), t.TempDir())
			must(t, err)
			k.wanted.Dir, k.wanted.Epoch = s.Dir, time.Date(2025, time.February, 3, 4, 5, 6, 0, time.UTC)
			if *s != k.wanted {
				t.Errorf("source is %+v, want %+v", *s, k.wanted)
			}
		})
	}
}

func TestGitSourceThatDoesNotFit(t *testing.T) {
	c, _, _ := newCheckout(t)
	c.git("checkout", "-q", "--orphan", "other")
	c.git("rm", "-q", "-r", "-f", ".")
	writeFile(t, filepath.Join(c.dir, "x"), nil)
	c.git("add", "x")
	c.git("commit", "-q", "-m", "x")
	c.git("checkout", "-q", "main")
	cases := map[string]struct {
		ref, version string
		want         []string
		is           any
	}{
		"another version":    {"@v56.1", "57.0", []string{"is rdma-core 56.1", "57.0 was requested"}, new(*VersionError)},
		"HEAD is another":    {"", "58.0", []string{"no tag v58.0", "newest are v56.1", "is rdma-core 57.0", "58.0 was requested"}, new(*VersionError)},
		"no such ref":        {"@v99", "", []string{`no such ref "v99"`}, new(*GivenError)},
		"an option":          {"@--all", "", []string{`no such ref "--all"`}, new(*GivenError)},
		"another option":     {"@--output=/tmp/evil", "", []string{`no such ref`}, new(*GivenError)},
		"spaces":             {"@v56.1 v56.1", "", []string{`no such ref "v56.1 v56.1"`}, new(*GivenError)},
		"a range":            {"@HEAD~1..HEAD", "", []string{"no such ref"}, new(*GivenError)},
		"newline":            {"@v56.1\nHEAD", "", []string{"control character"}, new(*GivenError)},
		"a blob":             {"@HEAD:CMakeLists.txt", "", []string{"no such ref"}, new(*GivenError)},
		"another repository": {"@other", "", []string{"is not rdma-core"}, new(*GivenError)},
	}
	for name, k := range cases {
		t.Run(name, func(t *testing.T) {
			cacheDir := t.TempDir()
			_, err := Resolve(context.Background(), Request{Version: k.version, Source: c.dir + k.ref, CacheDir: cacheDir})
			if err == nil || !errors.As(err, k.is) {
				t.Fatalf("got %v, want %T", err, k.is)
			}
			for _, want := range k.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in: %v", want, err)
				}
			}
			if left := names(t, cacheDir); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A tag can be moved; then the bytes are not those on record.
func TestGitTagThatWasMoved(t *testing.T) {
	c, _, _ := newCheckout(t)
	origins := []Origin{{Kind: KindGitHubArchive, File: "v56.1.tar.gz", SHA256: strings.Repeat("4", 64)}}
	a, err := Resolve(context.Background(), Request{Version: "56.1", Source: c.dir, Origins: origins, CacheDir: t.TempDir()})
	must(t, err)
	if _, err := a.Verify(t.Context()); !errors.As(err, new(*SumError)) {
		t.Errorf("pinned: %v, want a sum error", err)
	}
	store := newSums("56.1 git:v56.1 " + strings.Repeat("5", 64))
	a, err = Resolve(context.Background(), Request{Version: "56.1", Source: c.dir, Sums: store, CacheDir: t.TempDir()})
	must(t, err)
	if _, err := a.Verify(t.Context()); !errors.As(err, new(*SumError)) {
		t.Errorf("by a line: %v, want a sum error", err)
	}
}

// All forms of a repository give the same archive.
func TestGitForms(t *testing.T) {
	c, tagged, _ := newCheckout(t)
	want := sumOf(c.archived("56.1", tagged))
	around := t.TempDir()
	other := func(name string) string { return filepath.Join(around, name) }
	c.git("clone", "-q", "--bare", c.dir, other("bare"))
	c.git("clone", "-q", "--shared", c.dir, other("shared"))
	c.git("clone", "-q", "--depth=1", "--branch=v56.1", "file://"+strings.ReplaceAll(c.dir, "%", "%25"), other("shallow"))
	c.git("worktree", "add", "-q", "--detach", other("worktree"), "v56.1")
	must(t, os.Symlink(c.dir, other("link")))
	for _, form := range []string{"bare", "shared", "shallow", "worktree", "link"} {
		t.Run(form, func(t *testing.T) {
			v := resolveAndVerify(t, Request{Version: "56.1", Source: other(form) + "@v56.1"})
			if v.SHA256 != want {
				t.Error("the archive has other bytes")
			}
		})
	}
	if os.Getuid() == 0 {
		t.Run("owned by another", func(t *testing.T) {
			must(t, exec.CommandContext(context.Background(), "chown", "-R", "65534", other("bare")).Run())
			if v := resolveAndVerify(t, Request{Version: "56.1", Source: other("bare")}); v.SHA256 != want {
				t.Error("the archive has other bytes")
			}
		})
	}
}

func TestGitSHA256Repository(t *testing.T) {
	c, tagged, _ := newCheckout(t, "--object-format=sha256")
	v := resolveAndVerify(t, Request{Version: "56.1", Source: c.dir})
	s, err := v.Unpack(context.Background(), t.TempDir())
	must(t, err)
	if s.Commit != tagged || len(tagged) != 64 {
		t.Errorf("commit %s, want %s", s.Commit, tagged)
	}
}

// Neither the repository's settings nor the user's may run anything or change
// the bytes.
func TestGitSettingsDoNotCount(t *testing.T) {
	c, tagged, _ := newCheckout(t)
	want := sumOf(c.archived("56.1", tagged))
	evil := filepath.Join(t.TempDir(), "evil")
	touch := "touch " + evil
	for _, setting := range [][2]string{
		{"filter.evil.smudge", touch},
		{"core.fsmonitor", touch},
		{"core.sshCommand", touch},
		{"core.pager", touch},
		{"tar.umask", "077"},
		{"core.autocrlf", "true"},
		{"core.worktree", "/nowhere"},
		{"alias.archive", "!" + touch},
	} {
		c.git("config", setting[0], setting[1])
	}
	writeFile(t, filepath.Join(c.dir, ".git/info/attributes"), []byte("* filter=evil export-ignore\n"))
	home := t.TempDir()
	writeFile(t, filepath.Join(home, ".gitconfig"), []byte("[tar]\n\tumask = 077\n[core]\n\tautocrlf = true\n"))
	t.Setenv("HOME", home)
	t.Setenv("GIT_DIR", "/nowhere")
	t.Setenv("GIT_OBJECT_DIRECTORY", "/nowhere")
	t.Setenv("GZIP", "-1")
	if v := resolveAndVerify(t, Request{Version: "56.1", Source: c.dir}); v.SHA256 != want {
		t.Error("the archive has other bytes")
	}
	if _, err := os.Stat(evil); err == nil {
		t.Error("a program was run")
	}
}

func TestGitIsMissing(t *testing.T) {
	c, _, _ := newCheckout(t)
	t.Setenv("PATH", t.TempDir())
	_, err := Resolve(context.Background(), Request{Source: c.dir, CacheDir: t.TempDir()})
	var own *MissingToolError
	if !errors.As(err, &own) || own.Need == "" {
		t.Errorf("got %v, want a missing tool", err)
	}
}

func TestGitCancelled(t *testing.T) {
	c, _, _ := newCheckout(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	mine := errors.New("interrupted")
	cancel(mine)
	if _, err := Resolve(ctx, Request{Source: c.dir, CacheDir: t.TempDir()}); !errors.Is(err, mine) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestPipe(t *testing.T) {
	var out bytes.Buffer
	to := exec.CommandContext(context.Background(), "cat")
	to.Stdout = &out
	g := &repository{patience: time.Minute, most: 1 << 20}
	must(t, g.pipe(context.Background(), exec.CommandContext(context.Background(), "echo", "through"), to))
	if out.String() != "through\n" {
		t.Errorf("got %q", out.String())
	}
	for name, cmds := range map[string][2]*exec.Cmd{
		"first fails":   {exec.CommandContext(context.Background(), "sh", "-c", "echo why >&2; exit 3"), exec.CommandContext(context.Background(), "cat")},
		"second fails":  {exec.CommandContext(context.Background(), "yes"), exec.CommandContext(context.Background(), "sh", "-c", "echo why >&2; exit 3")},
		"first missing": {exec.CommandContext(context.Background(), "/nowhere/why"), exec.CommandContext(context.Background(), "cat")},
		"no second":     {exec.CommandContext(context.Background(), "yes"), exec.CommandContext(context.Background(), "/nowhere/why")},
	} {
		if err := g.pipe(context.Background(), cmds[0], cmds[1]); err == nil || !strings.Contains(err.Error(), "why") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
