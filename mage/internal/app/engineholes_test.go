// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
)

func TestEngineHoles(t *testing.T) {
	const leak, proc, authz, body = "CVE-2024-21626", "CVE-2025-31133", "CVE-2024-41110", "CVE-2026-34040"
	for _, c := range []struct {
		part, version string
		want          []string
	}{
		{"runc", "1.0.0-rc93", []string{leak, proc}},
		{"runc", "1.1.5+ds1", []string{leak, proc}},
		{"runc", "1.1.11", []string{leak, proc}},
		{"runc", "1.1.12", []string{proc}},
		{"runc", "1.1.15", []string{proc}}, // this line never got the mend
		{"runc", "1.2.7", []string{proc}},
		{"runc", "1.2.8", nil},
		{"runc", "1.2.8+ds1-1", nil},
		{"runc", "1.3.2", []string{proc}},
		{"runc", "v1.3.3", nil},
		{"runc", "1.4.0-rc.2", []string{proc}},
		{"runc", "1.4.0~rc2", []string{proc}},
		{"runc", "1.4.0-rc.3", nil},
		{"runc", "1.4.0", nil},
		{"runc", "2.0", nil},
		{"runc", "unknown", nil},
		{"runc", "", nil},
		{"containerd", "1.0.0", nil},
		{"Engine", "20.10.24+dfsg1", []string{authz, body}},
		{"Engine", "20.10.28", []string{body}},
		{"Engine", "23.0.14", []string{authz, body}},
		{"Engine", "23.0.15", []string{body}},
		{"Engine", "26.0.2", []string{authz, body}},
		{"Engine", "26.1.4", []string{authz, body}},
		{"Engine", "26.1.5", []string{body}},
		{"Engine", "27.0.3", []string{authz, body}},
		{"Engine", "27.1.0", []string{authz, body}},
		{"Engine", "27.1.1", []string{body}},
		{"Engine", "28.5.2", []string{body}},
		{"Engine", "29.3.0", []string{body}},
		{"Engine", "29.3.1", nil},
		{"Engine", "30.0.0", nil},
	} {
		found := holeFindings(containers.Info{Parts: []containers.Part{{Name: c.part, Version: c.version}}})
		var texts []string
		for _, f := range found {
			if f.bad || f.advice == "" {
				t.Errorf("%s %s: a hole is a note, with what to do: %+v", c.part, c.version, f)
			}
			texts = append(texts, f.found)
		}
		for _, name := range []string{leak, proc, authz, body} {
			want := false
			for _, w := range c.want {
				want = want || w == name
			}
			if strings.Contains(strings.Join(texts, "\n"), name) != want {
				t.Errorf("%s %s: %s said: %v, want %v (%s)", c.part, c.version, name, !want, want, texts)
			}
		}
	}
}

// The versions are what the engine says of its parts.
func TestEngineHolesOfAnEngine(t *testing.T) {
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Api-Version", "1.41")
		answer := "[]"
		switch {
		case strings.HasSuffix(r.URL.Path, "/version"):
			answer = `{"Version":"29.3.1","ApiVersion":"1.41","Os":"linux","Arch":"amd64","Components":[` +
				`{"Name":"Engine","Version":"29.3.1"},{"Name":"runc","Version":"1.3.2"},{"Name":"docker-init","Version":"0.19.0"}]}`
		case strings.HasSuffix(r.URL.Path, "/info"):
			answer = `{}`
		case strings.HasSuffix(r.URL.Path, "/volumes"):
			answer = `{"Volumes":[]}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(fake.Close) // after the app, which asks it at its end
	t.Setenv("DOCKER_HOST", "tcp://"+fake.Listener.Addr().String())
	a := opened(t, Flags{})
	engine, err := a.connectEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := holeFindings(engine.Info)
	if len(found) != 1 || found[0].what != "security of runc" || !strings.Contains(found[0].found, "version 1.3.2") {
		t.Errorf("got %+v", found)
	}
}
