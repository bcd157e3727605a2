// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"errors"
	"testing"
	"time"
)

func TestConnectSaysWhatItFound(t *testing.T) {
	began := time.Now()
	e := connect(t)
	t.Log("connected in", time.Since(began), e.Info)
	if e.Info.Version == "" || e.Info.API == "" || e.Info.Host == "" || e.Info.OS != "linux" {
		t.Errorf("%+v", e.Info)
	}
}

// A second run of the same directory must neither wait for the first nor take it for dead.
func TestTwoRunsOfOneFolder(t *testing.T) {
	dir := t.TempDir()
	first, second := connectIn(t, dir), connectIn(t, dir)
	if first.run.id == second.run.id || first.run.home != second.run.home {
		t.Errorf("%+v %+v", first.run, second.run)
	}
	if _, dead := second.run.dead(first.run.id); dead {
		t.Error("a live run looks dead")
	}
}

func TestUnreachableRegistry(t *testing.T) {
	e := connect(t)
	// A port on the engine's own machine that nobody listens on: no network is needed.
	const ref = "127.0.0.1:1/none:latest"
	began := time.Now()
	_, asked := e.RegistryDigest(t.Context(), ref)
	for name, err := range map[string]error{"probe": asked, "pull": e.Pull(t.Context(), ref, nil)} {
		if silent, ok := errors.AsType[*PullError](err); !ok || silent.Reason != NoAnswer {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Log("found out in", time.Since(began))
}
