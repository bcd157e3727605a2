// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// TestFindingsExplainStructures: where gcc shows a structure in the source line below and
// does not name it, the finding explains it all the same.
func TestFindingsExplainStructures(t *testing.T) {
	const why = " (struct ibv_buf is in driver.h from v64.0 on: test IBVERBS_PABI_VERSION >= 64)"
	const unknown = "a.c:2:28: error: field ‘b’ has incomplete type"
	for said, explained := range map[string]bool{
		unknown + "\n    2 | struct s { struct ibv_buf b; };\n": true,
		unknown + "\n struct s { struct ibv_buf b; };\n":        true, // gcc 8
		unknown + "\n    2 | struct s { struct fly_buf b; };\n": false,
		unknown + "\nstruct ibv_buf\n":                          false,
		"a.c:2:28: error: unused\n    2 | struct ibv_buf b;\n":  false,
	} {
		log := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(log, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		c := &providerCheck{App: &App{place: &providerPlace{}}}
		found := c.compilerFindings(&containers.RunError{Log: log})
		want, _, _ := strings.Cut(said, "\n")
		if explained {
			want += why
		}
		if len(found) != 1 || found[0].Err.Error() != want {
			t.Errorf("%q: got %v, want %s", said, found, want)
		}
	}
}

// TestFindingsNameLimits: what a container was stopped by comes before what the compiler says, which only follows from it.
func TestFindingsNameLimits(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte("a.c:2:28: error: unknown type\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &providerCheck{App: &App{place: &providerPlace{}}}
	met := &containers.LimitError{Limit: containers.LimitTime, Value: "40s"}
	for want, err := range map[string]error{
		"compile: it ran out of time (limit: 40s); VERBSMITH_MAX_TIME sets this limit (unlimited: no limit)": met,
		"compile: it ran out of time (limit: 40s); VERBSMITH_MAX_TIME sets this limit (unlimited: no limit); log: " + log: &stage.Error{
			Log: log, Err: &containers.RunError{Log: log, Limit: met},
		},
	} {
		if found := c.compilerFindings(err); len(found) == 0 || found[0].Err.Error() != want {
			t.Errorf("got %v, want %s", found, want)
		}
	}
}
