// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soon is a context in which a hang is an error.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func fifo(t *testing.T, path string) {
	t.Helper()
	must(t, os.RemoveAll(path))
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, syscall.Mkfifo(path, 0o600))
}

// A configuration may include what never ends. None of it is read, wherever it stands.
func TestGitConfigurationThatIncludesAPipe(t *testing.T) {
	c, tagged, _ := newCheckout(t)
	c.git("worktree", "add", "-q", "--detach", filepath.Join(t.TempDir(), "added"), "v56.1")
	pipe := filepath.Join(t.TempDir(), "pipe")
	fifo(t, pipe)
	include := []byte("[include]\n\tpath = " + pipe + "\n[includeIf \"gitdir:/\"]\n\tpath = " + pipe + "\n[core]\n\tattributesFile = " + pipe + "\n")
	for _, config := range []string{"config", "config.worktree", "worktrees/added/config.worktree"} {
		writeFile(t, filepath.Join(c.dir, ".git", config), include)
	}
	home := t.TempDir()
	writeFile(t, filepath.Join(home, ".gitconfig"), include)
	writeFile(t, filepath.Join(home, ".config/git/config"), include)
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	a, err := Resolve(soon(t), Request{Source: c.dir + "@v56.1", CacheDir: t.TempDir()})
	must(t, err)
	v, err := a.Verify(t.Context())
	if err != nil || v.commit() != tagged {
		t.Errorf("%+v, %v", v, err)
	}
	refs, err := openClone(t, c.dir).Refs(soon(t))
	if err != nil || len(refs) != 1 || refs[0].Commit != tagged {
		t.Errorf("the clone's refs: %v, %v", refs, err)
	}
}

// Whatever git would open of a repository may be a pipe: an error names it, or it ends within its time.
func TestGitRepositoryWithAPipe(t *testing.T) {
	for name, want := range map[string]string{
		"config": "config that is not a regular file", "HEAD": "HEAD that is not a regular file", "packed-refs": "packed-refs that is neither",
		"refs/heads/odd": "odd that is neither", "objects/info/alternates": "alternates that is neither",
		"objects/pack/pack-x.idx": "pack-x.idx that is neither", "logs/HEAD": "HEAD that is neither", "shallow": "shallow that is neither",
		"commondir": "commondir that is not a regular file", "FETCH_HEAD": "FETCH_HEAD that is not a regular file",
		"objects/info/commit-graph":                     "commit-graph that is neither",
		"objects/info/commit-graphs/commit-graph-chain": "commit-graph-chain that is neither",
		"-> refs/tags/odd":                              "odd that is neither", "-> objects/pack/pack-x.idx": "pack-x.idx that is neither",
	} {
		t.Run(name, func(t *testing.T) {
			c, _, _ := newCheckout(t)
			if name, linked := strings.CutPrefix(name, "-> "); linked {
				pipe := filepath.Join(t.TempDir(), "pipe")
				fifo(t, pipe)
				must(t, os.Symlink(pipe, filepath.Join(c.dir, ".git", name)))
			} else {
				fifo(t, filepath.Join(c.dir, ".git", name))
			}
			_, err := Resolve(soon(t), Request{Source: c.dir + "@v56.1", CacheDir: t.TempDir()})
			if !errors.As(err, new(*GivenError)) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	t.Run("an object", func(t *testing.T) {
		c, tagged, _ := newCheckout(t)
		fifo(t, filepath.Join(c.dir, ".git/objects", tagged[:2], tagged[2:]))
		g, err := openRepository(c.dir, &Request{})
		must(t, err)
		defer g.Close()
		g.patience = 100 * time.Millisecond
		if _, err := g.commit(soon(t), tagged); !errors.Is(err, errNoEnd) || !strings.Contains(err.Error(), c.dir) {
			t.Errorf("got %v, want that git did not end in time", err)
		}
	})
}

// All that a ref can be is found in the view: reflogs, what was fetched, a work tree that was added.
func TestGitViewFinds(t *testing.T) {
	c, tagged, head := newCheckout(t)
	c.git("update-ref", "refs/other/x", tagged)
	c.git("pack-refs", "--all")
	c.git("fetch", "-q", ".", "v56.1")
	added := filepath.Join(t.TempDir(), "added")
	c.git("worktree", "add", "-q", "--detach", added, "v56.1")
	for source, want := range map[string]string{
		c.dir + "@HEAD": head, c.dir + "@main": head, c.dir + "@refs/other/x": tagged, c.dir + "@FETCH_HEAD": tagged, c.dir + "@HEAD@{1}": tagged,
		c.dir + "@main@{1}": tagged, c.dir + "@" + head[:10]: head, c.dir + "@v56.1^{}": tagged,
		c.dir + "/.git@main": head, added: tagged, added + "@main": head,
	} {
		a, err := Resolve(soon(t), Request{Source: source, CacheDir: t.TempDir()})
		if err != nil || a.git.commit != want {
			t.Errorf("%s: %+v, %v; want %s", source, a, err, want)
		}
	}
	if out := c.git("for-each-ref", "--format=%(refname)"); out != "refs/heads/main\nrefs/other/x\nrefs/tags/v56.1" {
		t.Errorf("the repository's refs were changed: %s", out)
	}
}

// A disk that fills while a ref is packed is what the error says, not what gzip says of it.
func TestGitArchiveToAFullDisk(t *testing.T) {
	c, _, _ := newCheckout(t)
	random := make([]byte, 300<<10)
	for i := range random {
		random[i] = byte(rand.Int()) // bytes that do not compress
	}
	writeFile(t, filepath.Join(c.dir, "random"), random)
	c.commit("58.0")
	small := smallDisk(t)
	_, err := Resolve(soon(t), Request{Source: c.dir, CacheDir: small})
	var own *SpaceError
	if !errors.As(err, &own) || !strings.HasPrefix(own.Path, small) || strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("got %v, want that there is no space", err)
	}
	if left := names(t, filepath.Join(small, "downloads")); strings.Contains(strings.Join(left, " "), ".part") {
		t.Errorf("left behind: %q", left)
	}
}

// What git brings is counted on its way to gzip, which makes little of much.
func TestGitArchiveIsCounted(t *testing.T) {
	g := &repository{path: "there", patience: time.Minute, most: 1 << 20}
	from, to := exec.CommandContext(t.Context(), "yes"), exec.CommandContext(t.Context(), "cat")
	if err := g.pipe(soon(t), from, to); !errors.Is(err, errTooLarge) || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
}
