// SPDX-License-Identifier: Apache-2.0

package timing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// play feeds a recorder with one event per second: a line of output, or ">phase" to enter one.
// It returns the stage, which ends one second after the last event.
func play(events ...string) timing.Stage {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := timing.NewRecorder(func() time.Time { return now })
	for _, e := range events {
		now = now.Add(time.Second)
		if p, ok := strings.CutPrefix(e, ">"); ok {
			r.Enter(timing.Phase(p))
			continue
		}
		r.Line(e)
	}
	now = now.Add(time.Second)
	return timing.NewStage("rpm", r.Spans())
}

// text lists the phases of a stage with their seconds.
func text(s timing.Stage) string {
	parts := make([]string, 0, len(s.Phases))
	for _, share := range s.Phases {
		parts = append(parts, fmt.Sprintf("%s %g", share.Phase, share.Seconds))
	}
	return strings.Join(parts, ", ")
}

func TestPhases(t *testing.T) {
	const cc = "[7/9] ccache /usr/bin/cc -O2 -o x.dir/rib.c.o -c /b/rib.c"
	tests := []struct {
		name   string
		events []string
		want   string
	}{
		{"nothing", nil, "own 1"},
		{
			"a container",
			[]string{">create", ">copy-in", ">start", ">run", "hello", ">copy-out", ">remove", ">own"},
			"own 2, create 1, copy-in 1, start 1, run 2, copy-out 1, remove 1",
		},
		{
			"output before the engine's answer",
			[]string{">start", "Executing(%prep): /bin/sh", ">run", "x"},
			"own 1, start 1, prep 3",
		},
		{"a second container", []string{">start", ">run", ">own", ">start", ">run", ">own"}, "own 3, start 2, run 2"},
		{
			"rpmbuild",
			[]string{
				">start", ">run", "Executing(%prep): /bin/sh -e x", "+ cd x", "Executing(%build): /bin/sh -e x", "-- Found X",
				"-- Build files have been written to: /b", "cc: note", cc, "Executing(%install): /bin/sh -e x",
				"[0/1] cd /b && /usr/bin/cmake -P cmake_install.cmake", "-- Installing: /x", "+ /usr/bin/find-debuginfo -j2",
				"extracting debug info from x", "+ /usr/lib/rpm/brp-compress", "+ /usr/lib/rpm/redhat/brp-strip-lto /usr/bin/strip",
				"Processing files: x", "Provides: x", "Checking for unpackaged file(s): /usr/lib/rpm/check-files /b", "Wrote: /x.rpm",
				"Executing(%clean): /bin/sh -e x", "+ exit 0",
			},
			"own 1, start 1, run 1, prep 2, configure 2, compile 3, install 3, debuginfo 2, scripts 2, files 2, write 2, clean 2",
		},
		{
			"ninja -v: a line says what has ended",
			[]string{
				">start", ">run", "Executing(%build): x", "[1/6] : && /usr/bin/cc -shared -o lib/x.so a.o && :",
				"[2/6] cd /b && /b/python/cython /s/a.pyx -o /b/a.c", "[3/6] cd /m && /usr/bin/python3 pandoc-prebuilt.py --build /b",
				"[4/6] cd /k && /usr/bin/python3 make_abi_structs.py rdma/x.h x.h", cc,
			},
			"own 1, start 1, run 1, generate 1, cython 1, compile 2, link 1, manpages 1",
		},
		{
			"ninja",
			[]string{
				">start", "[0/1] Re-running CMake...", "[1/6] Building C object a.o", "[2/6] Linking C shared module x.so",
				"[3/6] Creating library symlink x.so", "[4/6] Cythonizing a.pyx", "[5/6] Creating man page x.3", "[6/6] Creating ABI wrapper x.h",
			},
			"own 1, configure 1, generate 2, cython 1, compile 1, link 2, manpages 1",
		},
		{
			"dpkg-buildpackage",
			[]string{
				">start", ">run", "dpkg-source: info: x", "dpkg-buildpackage: info: x", "   dh_auto_clean", "   dh_auto_configure",
				"   dh_auto_build", "   dh_auto_test", "   dh_auto_install", "   dh_installdocs", "   dh_strip_nondeterminism", "   dh_compress",
				"   dh_dwz", "   dh_strip", "   dh_makeshlibs", "   dh_builddeb", "dpkg-deb: building package 'x'", " dpkg-genchanges  >../x",
			},
			"own 1, start 1, run 1, prep 3, configure 1, compile 1, test 1, install 2, debuginfo 2, scripts 2, files 1, write 3",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := play(tt.events...)
			if text(got) != tt.want {
				t.Errorf("got  %s\nwant %s", text(got), tt.want)
			}
			if want := float64(len(tt.events) + 1); got.Seconds != want {
				t.Errorf("the sum is %g, want %g", got.Seconds, want)
			}
		})
	}
}

// The sum of what is written is exact, also where each phase is rounded.
func TestStageSumsItsRoundedPhases(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 999_999_999, time.UTC)
	s := timing.NewStage("rpm", []timing.Span{
		{Phase: timing.Compile, Start: at, Time: 1400 * time.Microsecond},
		{Phase: timing.Link, Time: 1400 * time.Microsecond},
		{Phase: timing.Compile, Time: 900 * time.Microsecond},
		{Phase: timing.Clean, Time: 400 * time.Microsecond},
	})
	data, err := timing.Text(timing.File{Stages: []timing.Stage{s}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Compact(&out, data); err != nil {
		t.Fatal(err)
	}
	const want = `{"stages":[{"stage":"rpm","began":"2026-01-02T03:04:05.999Z","cached":false,"seconds":0.003,` +
		`"phases":[{"phase":"compile","seconds":0.002},{"phase":"link","seconds":0.001}]}]}`
	if out.String() != want {
		t.Errorf("got  %s\nwant %s", out.String(), want)
	}
}

func TestEveryPhaseIsListedOnceWithItsOwnWords(t *testing.T) {
	var words []string
	for _, p := range timing.Phases() {
		words = append(words, p.Words())
	}
	slices.Sort(words)
	if got := len(slices.Compact(words)); got != 24 || len(timing.Phases()) != got {
		t.Errorf("%d phases, %d words", len(timing.Phases()), got)
	}
}

func TestSum(t *testing.T) {
	built := play(">start", "Executing(%build): x", "[1/1] Building C object a.o")
	again := built
	cached := built
	cached.Cached = true
	got := timing.Sum([]timing.Stage{{Stage: "source"}, play(), built, cached, again})
	if len(got) != 1 || text(got[0]) != "own 2, start 2, compile 4" || got[0].Seconds != 8 {
		t.Errorf("got %+v", got)
	}
	most, others := got[0].Biggest(1)
	if len(most) != 1 || most[0].Phase != timing.Compile || others != 4 {
		t.Errorf("biggest: %v, others %g", most, others)
	}
	if text(built) != "own 1, start 1, compile 2" {
		t.Errorf("the sum has changed what it adds up: %s", text(built))
	}
}

func TestSince(t *testing.T) {
	built := play(">start")
	got := timing.Since("collect", []timing.Stage{built, {Stage: "collect"}, {Stage: "source", Cached: true}, built})
	if len(got) != 1 || got[0].Stage != "rpm" {
		t.Errorf("got %+v", got)
	}
	if got := timing.Since("collect", nil); got == nil {
		t.Error("an empty list is null in the file")
	}
}
