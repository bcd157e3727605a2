// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// Packages are cross-compiled for the processor of -arch if the engine has another. Without the flag no engine is asked.
func TestCrossProcessor(t *testing.T) {
	gone := errors.New("no engine")
	for _, tt := range []struct {
		arch, engine string
		fails        error
		want         specs.Processor
	}{
		{"", "amd64", gone, ""},
		{"aarch64", "amd64", nil, specs.AArch64},
		{"arm64", "arm64", nil, ""},
		{"x86_64", "arm64", nil, specs.X8664},
		{"x86_64", "s390x", nil, specs.X8664},
		{"aarch64", "amd64", gone, ""},
	} {
		a := opened(t, Flags{})
		if tt.arch != "" {
			a.flags.Arch = &tt.arch
		}
		a.pipeline.Engine = func(context.Context) (stage.Engine, error) { return &stagetest.Engine{Arch: tt.engine}, tt.fails }
		for name, load := range map[string]func(context.Context) (job.Job, error){"rpm": a.rpmJob, "deb": a.debJob} {
			j, err := load(t.Context())
			if j.Cross != tt.want || tt.arch == "" && err != nil || tt.arch != "" && !errors.Is(err, tt.fails) {
				t.Errorf("%s for %q on %s: got %q, %v, want %q, %v", name, tt.arch, tt.engine, j.Cross, err, tt.want, tt.fails)
			}
		}
	}
}

// What is built on an engine of another processor than x86_64 says so in its directory, its manifest and its record, and a rebuild of
// the record is for that processor too.
func TestNativeProcessor(t *testing.T) {
	b := newTrial(t)
	b.engine.Arch = "arm64"
	if err := b.RPM(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, b.err.String())
	}
	files, err := filepath.Glob(filepath.Join(b.pipeline.DistDir, "rocky9*", "rdma-core-56.1.aarch64", "*"))
	if err != nil || len(files) == 0 {
		all, _ := filepath.Glob(filepath.Join(b.pipeline.DistDir, "*", "*"))
		t.Fatalf("got %q, %v", all, err)
	}
	dir := filepath.Dir(files[0])
	for _, name := range []string{"manifest.json", "rdma-core-56.1.buildinfo"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(data), `"processor": "aarch64"`) || strings.Contains(string(data), `"cross"`) {
			t.Errorf("%s, %v:\n%s", name, err, data)
		}
	}
	file := filepath.Join(dir, "rdma-core-56.1.buildinfo")
	b.flags = Flags{Source: b.flags.Source, Provider: b.flags.Provider, Base: b.flags.Base}
	if err := b.Rebuild(t.Context(), RebuildFlags{From: &file}); err != nil {
		t.Errorf("the rebuild: %v", err)
	}
	// All of rdma-core is not cross-compiled as RPMs.
	b.engine.Arch = "amd64"
	err = b.Rebuild(t.Context(), RebuildFlags{From: &file})
	if _, ok := errors.AsType[*stage.CrossError](err); !ok {
		t.Errorf("on another engine: %v", err)
	}
}
