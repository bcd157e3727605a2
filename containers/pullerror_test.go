// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The texts are what engines have said.
func TestPullErrorTellsReasons(t *testing.T) {
	for text, want := range map[string]PullReason{
		`Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host`:                         NoAnswer,
		`Get "https://quay.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while…)`: NoAnswer,
		`Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused`:       NoAnswer,
		`Get "https://registry-1.docker.io/v2/": EOF`:                                                                         NoAnswer,
		`Get "https://r.example/v2/": read tcp 10.0.0.2:4->10.0.0.1:443: read: connection reset by peer`:                      NoAnswer,
		`Get "https://r.example:5000/v2/": http: server gave HTTP response to HTTPS client`:                                   NoTLS,
		`Get "https://r.example/v2/": x509: certificate signed by unknown authority`:                                          Untrusted,
		`Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate has expired`:                       Untrusted,
		`pull access denied for none, repository does not exist or may require 'docker login'`:                                LoginMissing,
		`Head "http://127.0.0.1:1/v2/a/b/manifests/9": no basic auth credentials`:                                             LoginMissing,
		`unauthorized: authentication required`:                                                                               LoginMissing,
		`manifest for rockylinux/rockylinux:99 not found: manifest unknown: manifest unknown`:                                 NoTag,
		`name unknown: repository name not known to registry`:                                                                 NoTag,
		`toomanyrequests: You have reached your pull rate limit`:                                                              RateLimited,
		`received unexpected HTTP status: 503 Service Unavailable`:                                                            OutOfOrder,
		`error pulling image configuration: download failed after attempts=6: unexpected EOF`:                                 Cut,
		`manifest verification failed for digest sha256:429`:                                                                  Damaged,
		`no matching manifest for linux/amd64 in the manifest list entries`:                                                   WrongPlatform,
		`error during connect: Post "http://r/v1.41/images/create": EOF`:                                                      Failed,
		`the engine's answer: unexpected EOF`:                                                                                 Failed,
		`invalid reference format`:                                                                                            Failed,
	} {
		got := pullError("r.example/a/b:9", errors.New(text))
		if got.Reason != want {
			t.Errorf("%s: got %q, want %q", text, got.Reason, want)
		}
		if !strings.Contains(got.Error(), "r.example/a/b:9 cannot be pulled: "+string(want)+": "+text) {
			t.Errorf("got %q", got)
		}
		if (got.Advice() == "") != (want == Failed) {
			t.Errorf("%s: the advice is %q", text, got.Advice())
		}
	}
	if got := pullError("a@sha256:1", errors.New("manifest unknown")); got.Reason != NoDigest || got.Advice() == "" {
		t.Errorf("got %v", got)
	}
	if got := pullError("a", fmt.Errorf("x: %w", context.DeadlineExceeded)); got.Reason != NoAnswer {
		t.Errorf("got %v", got)
	}
	said := pullError("a", errors.New("Error response from daemon: manifest unknown"))
	if strings.Contains(said.Error(), "daemon") {
		t.Errorf("got %v", said)
	}
	if got := (&PullError{Ref: "a", Reason: Stalled}); got.Error() != "image a cannot be pulled: "+string(Stalled) {
		t.Errorf("got %q", got)
	}
}

// The advice names the registry, as the command wants it, and says where a login failed.
func TestPullAdvice(t *testing.T) {
	helper := fmt.Errorf("docker-credential-x is not installed: %w", exec.ErrNotFound)
	for _, tt := range []struct {
		ref    string
		reason PullReason
		login  error
		want   string
	}{
		{"r.example:5000/a/b:9", LoginMissing, nil, "docker login r.example:5000"},
		{"a/b:9", RateLimited, nil, "docker login: "},
		{"r.example/a:9", LoginMissing, helper, "correct docker's configuration"},
		{"r.example/a:9", Untrusted, nil, "/etc/docker/certs.d/r.example/ca.crt"},
		{"r.example/a:9", NoTLS, nil, "add r.example to insecure-registries"},
	} {
		err := &PullError{Ref: tt.ref, Reason: tt.reason, Err: io.EOF, Login: tt.login}
		if !strings.Contains(err.Advice(), tt.want) {
			t.Errorf("%s, %s: got %q, want %q", tt.ref, tt.reason, err.Advice(), tt.want)
		}
		if !errors.Is(err, io.EOF) || errors.Is(err, exec.ErrNotFound) != (tt.login != nil) {
			t.Errorf("%v does not have its causes", err)
		}
	}
}

// An image that is for another machine, by its own word, is not kept. One that says nothing is.
func TestPlatformOfAnImage(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	hurry := pulling{silence: time.Hour}
	for _, tt := range []struct {
		platform string
		removed  int
	}{{`"Os":"linux","Architecture":"amd64",`, 0}, {"", 0}, {`"Os":"linux",`, 0}, {`"Os":"linux","Architecture":"s390x",`, 1}} {
		f.answer("image", `{`+tt.platform+`"Id":"sha256:0123456789abcdef","Config":{}}`)
		before := f.times("rmi")
		err := e.pull(t.Context(), "ref", nil, hurry)
		got, _ := errors.AsType[*PullError](err)
		if removed := f.times("rmi") - before; removed != tt.removed || (got != nil && got.Reason == WrongPlatform) != (removed > 0) {
			t.Errorf("%s: got %v, removed %d", tt.platform, err, removed)
		}
	}
	f.answer("distribution", `{"Descriptor":{"digest":"sha256:01"},"Platforms":[{"os":"linux","architecture":"s390x"},{"os":"linux","architecture":"amd64"},{"os":"unknown","architecture":"unknown"}]}`)
	if digest, err := e.RegistryDigest(t.Context(), "ref"); digest != "sha256:01" || err != nil {
		t.Errorf("got %s, %v", digest, err)
	}
	f.answer("distribution", `{}`)
	if _, err := e.RegistryDigest(t.Context(), "ref"); err == nil || !strings.Contains(err.Error(), "no digest") {
		t.Errorf("got %v", err)
	}
}
