// SPDX-License-Identifier: Apache-2.0

package app

import "testing"

// A task gets variables by their names: Slurm would cut a value at its comma.
func TestExported(t *testing.T) {
	env := []string{
		"HOME=/root", "SHELL=/bin/sh", "https_proxy=http://a,b", "VERBSMITH_DIST=/old", "VERBSMITH_TRACE=/t", "DOCKER_HOST=unix:///x", "CI=true",
		"VERBSMITH_DIST=/new,er",
	}
	if got, want := exported(env), "CI,HOME,VERBSMITH_DIST,https_proxy"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	said, err := commandIn(t.Context(), env, "sh", "-c", `printf '%s %s' "$VERBSMITH_DIST" "${PATH-none}"`)
	if err != nil || said != "/new,er none" && said != "/new,er /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" {
		t.Errorf("got %q, %v", said, err)
	}
}
