// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// A value that names no registry ends every target at its start.
func TestSiteRegistryIsChecked(t *testing.T) {
	t.Setenv("VERBSMITH_CACHE", t.TempDir())
	t.Setenv("VERBSMITH_DIST", t.TempDir())
	t.Setenv(image.MirrorVariable, "https://registry.example")
	_, err := open(t.Context(), Flags{})
	if _, ok := errors.AsType[*image.MirrorError](err); !ok {
		t.Errorf("got %v", err)
	}
	t.Setenv(image.MirrorVariable, "registry.example:5000/m")
	if a := opened(t, Flags{}); a.pipeline.Images().Mirror != "registry.example:5000/m" {
		t.Errorf("got %q", a.pipeline.Images().Mirror)
	}
}

// A directory that has no repositories ends every target at its start; those of one that has some are for every engine and image.
func TestSiteRepositoriesAreChecked(t *testing.T) {
	t.Setenv("VERBSMITH_CACHE", t.TempDir())
	t.Setenv("VERBSMITH_DIST", t.TempDir())
	dir := t.TempDir()
	t.Setenv(containers.RepositoriesVariable, dir)
	_, err := open(t.Context(), Flags{})
	if _, ok := errors.AsType[*containers.RepositoriesError](err); !ok {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "site.repo"), []byte("[baseos]\npassword=secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := opened(t, Flags{})
	if !a.pipeline.Images().Site {
		t.Error("the images do not know of them")
	}
	if got := repositoriesFindings(a.repositories); len(got) != 1 || got[0].found != "VERBSMITH_REPOS has site.repo" {
		t.Errorf("got %+v", got)
	}
	t.Setenv(containers.RepositoriesVariable, "")
	if a := opened(t, Flags{}); a.pipeline.Images().Site || len(repositoriesFindings(a.repositories)) > 0 {
		t.Error("without any there are some")
	}
}

func TestRegistryFinding(t *testing.T) {
	j := job.Job{Target: job.RPM{Distro: specs.Distro{Image: "quay.io/a/b:9"}}}
	silent := errors.New("no answer")
	limited := &containers.PullError{Ref: "quay.io/a/b:9", Reason: containers.RateLimited}
	for _, tt := range []struct {
		mirror        image.Mirror
		err           error
		found, advice string
	}{
		{"", nil, "quay.io/a/b:9 can be pulled", ""},
		{"r.example", nil, "r.example/a/b:9 can be pulled", ""},
		{"", silent, "no answer", "without one"},
		{"r.example", silent, "no answer", "check VERBSMITH_REGISTRY; without one"},
		{"", limited, limited.Error(), limited.Advice() + "; without one"},
	} {
		f := registryFinding(t.Context(), &stagetest.Engine{Unreachable: tt.err}, tt.mirror, j)
		if f.found != tt.found || !strings.HasPrefix(f.advice, tt.advice) || (f.advice == "") != (tt.advice == "") || f.bad {
			t.Errorf("%q, %v: got %+v", tt.mirror, tt.err, f)
		}
	}
}

// A proxy at this machine's loopback address is none for a container.
func TestProxyFindings(t *testing.T) {
	if got := proxyFindings(nil); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	for proxy, note := range map[string]bool{
		"http://p.example:3128": false, "http://127.0.0.1:3128": true, "http://***@LocalHost:3128": true, "localhost": true,
		"socks5://[::1]:1080": true, "http://localhost.example:1": false, "http://10.127.0.1:1": false,
	} {
		got := proxyFindings([]string{"http://other.example", proxy})
		if len(got) != 1 || got[0].found != "http://other.example, "+proxy || (got[0].advice != "") != note || got[0].bad {
			t.Errorf("%s: got %+v", proxy, got)
		}
	}
}
