// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// podmansAnswer is what Podman 4.3.1 answers, shortened.
const podmansAnswer = `{"Version":"4.3.1","ApiVersion":"1.41","Os":"linux","Arch":"amd64","Components":[
	{"Name":"Podman Engine","Version":"4.3.1"},{"Name":"Conmon","Version":"conmon version 2.1.6, commit: unknown"},
	{"Name":"OCI Runtime (runc)","Version":"runc version 1.1.5+ds1\ncommit: x\nspec: 1.0.2"}]}`

// usePodman makes the fake engine one that answers as Podman does.
func usePodman(t *testing.T, rootless bool) *fakeEngine {
	t.Helper()
	f := useFake(t)
	f.answer("version", podmansAnswer)
	f.answer("networks", `[{"Name":"bridge","Id":"b"}]`)
	if rootless {
		f.answer("info", `{"ID":"x","MemTotal":8589934592,"SecurityOptions":["name=seccomp,profile=default"],"Rootless":true}`)
	}
	return f
}

func TestPodmanIsRecognised(t *testing.T) {
	for rootless, want := range map[bool]string{false: "Podman 4.3.1, rootful", true: "Podman 4.3.1, rootless"} {
		usePodman(t, rootless)
		e := connectFake(t)
		if got := e.Info.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if runtime := e.Info.Parts[2]; runtime != (Part{"runc", "1.1.5+ds1"}) {
			t.Errorf("got %+v", runtime)
		}
	}
	useFake(t)
	if got := connectFake(t).Info.Title(); got != "Docker 20.10.0" {
		t.Errorf("got %q", got)
	}
}

// Podman opens a seccomp profile as a file, has no network "none" to attach to, and an init process it does not report.
func TestCreateForPodman(t *testing.T) {
	f := usePodman(t, false)
	e := connectFake(t)
	if _, err := e.Run(t.Context(), RunSpec{Name: "test", Image: "x", Argv: []string{"x"}, Seccomp: `{"a":1}`}); err != nil {
		t.Fatal(err)
	}
	host, _ := f.created["HostConfig"].(map[string]any)
	if host["NetworkMode"] != "none" || host["Init"] != true {
		t.Errorf("%+v", host)
	}
	if networks, _ := f.created["NetworkingConfig"].(map[string]any); networks["EndpointsConfig"] != nil && len(networks["EndpointsConfig"].(map[string]any)) > 0 {
		t.Errorf("attached to %v", networks)
	}
	options, _ := host["SecurityOpt"].([]any)
	file, ok := strings.CutPrefix(options[len(options)-1].(string), "seccomp=")
	if data, err := os.ReadFile(file); !ok || err != nil || string(data) != `{"a":1}` {
		t.Errorf("%v: %s, %v", options, data, err)
	}
}

// Podman's builder knows no network "none".
func TestBuildForPodman(t *testing.T) {
	f := usePodman(t, false)
	f.build = func(w io.Writer) {
		_, _ = io.WriteString(w, `{"stream":"[1/2] STEP 2/3: RUN false\n"}`+"\n"+
			`{"error":"building at STEP \"RUN false\": while running runtime: exit status 7\n","errorDetail":{"message":`+
			`"building at STEP \"RUN false\": while running runtime: exit status 7\n"}}`+"\n")
	}
	_, err := connectFake(t).Build(t.Context(), BuildSpec{ContextTar: strings.NewReader(""), Tag: "x"})
	failed := (*BuildError)(nil)
	if !errors.As(err, &failed) || failed.Status != 7 || failed.Step != "RUN false" || failed.N != 2 || failed.Total != 3 {
		t.Errorf("got %v %+v", err, failed)
	}
	if got := f.query("networkmode"); got != "NetworkDisabled" {
		t.Errorf("network mode %q", got)
	}
}

func TestFamiliar(t *testing.T) {
	for ref, want := range map[string]string{
		"docker.io/verbsmith/a:1": "verbsmith/a:1", "localhost/verbsmith/a:1": "verbsmith/a:1", "verbsmith/a:1": "verbsmith/a:1",
		"docker.io/library/debian:12": "debian:12", "quay.io/verbsmith/a:1": "quay.io/verbsmith/a:1",
	} {
		if got := familiar(ref); got != want {
			t.Errorf("%s: got %s, want %s", ref, got, want)
		}
	}
}
