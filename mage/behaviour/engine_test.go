// SPDX-License-Identifier: Apache-2.0

//go:build integration

package behaviour

import (
	"os/exec"
	"testing"
)

// TestEngine runs what test:all runs on the machine's engine and cache: what one
// script has built the next one finds. Without an engine it fails.
func TestEngine(t *testing.T) { onEngine(t, "testdata/engine") }

// TestDeep runs what test:deep runs, in the same way.
func TestDeep(t *testing.T) { onEngine(t, "testdata/deep") }

func onEngine(t *testing.T, scripts string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		t.Fatalf("this needs a Docker engine and its docker command: %v\n%s", err, out)
	}
	run(t, scripts, "VERBSMITH_CACHE")
}
