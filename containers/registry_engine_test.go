// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// hurried is a pull that waits for nothing.
func hurried() pulling { return pulling{silence: time.Hour, waits: []time.Duration{0, 0}} }

// A site's registry is asked under its own host, port and prefix, and the image keeps the digest that it has there. A tag
// that moves does not move what is taken by its digest.
func TestPullFromASitesRegistry(t *testing.T) {
	e := connectForRegistry(t)
	server := registryServer(t, "127.0.0.1", nil)
	p := newFaultyProxy(t, server)
	first, second := forThisMachine(t, "the first"), forThisMachine(t, "the second")
	digest := push(t, server, "9", first)
	check := func(ref, digest, content string, also ...string) {
		t.Helper()
		t.Cleanup(func() { _ = e.RemoveImage(context.Background(), ref) })
		if got, err := e.RegistryDigest(t.Context(), ref); got != digest || err != nil {
			t.Errorf("%s: got %s, %v, want %s", ref, got, err, digest)
		}
		if err := e.Pull(t.Context(), ref, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := e.ImageDigest(t.Context(), ref); !slices.Contains(append(also, digest), got) || err != nil {
			t.Errorf("%s: got %s, %v, want %s", ref, got, err, digest)
		}
		if data, err := e.ReadFile(t.Context(), ref, nil, "/file"); string(data) != content {
			t.Errorf("%s: %q, %v", ref, data, err)
		}
	}
	check(p.ref("9"), digest, "the first")
	moved := push(t, server, "9", second)
	check(p.ref("9"), moved, "the second")
	check(p.ref(digest), digest, "the first")
	// The same image in a list of manifests has another digest. An engine then does not say which of the two a tag has.
	list := pushManifest(t, server, "list", listType, listOf(second, e.Info.Arch))
	check(p.ref("list"), list, "the second", moved)
	check(p.ref(moved), moved, "the second")
	check(p.ref(list), list, "the second")
	if got, err := e.ImageDigest(t.Context(), probeImage); got != "" || err != nil {
		t.Errorf("an image of no registry: %q, %v", got, err)
	}
}

// Whatever a registry does wrong is an error that says so, soon, and leaves no image. What is over after a moment is tried again.
func TestRegistryFaults(t *testing.T) {
	e := connectForRegistry(t)
	server := registryServer(t, "127.0.0.1", nil)
	const limit = `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`
	basic := http.Header{"Www-Authenticate": {`Basic realm="test"`}}
	wait := http.Header{"Retry-After": {"1"}}
	foreign := newImage(t, "s390x", "foreign")
	push(t, server, "foreign", foreign)
	pushManifest(t, server, "list", listType, listOf(foreign, "s390x"))
	const nowhere = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	const own = "sha256:"
	manifests := func(times int, fault func(http.ResponseWriter, *http.Request, http.Handler)) func(*testing.T, *faultyProxy, smallImage) {
		return func(_ *testing.T, p *faultyProxy, _ smallImage) { p.breaks("/manifests/", times, fault) }
	}
	for _, tt := range []struct {
		what   string
		tag    string // "": of the image; own: its digest
		set    func(t *testing.T, p *faultyProxy, made smallImage)
		asked  PullReason // of a question for the digest; "": it is answered
		pulled PullReason // of a pull; "": it ends well
		says   string
		again  int // further attempts
	}{
		{what: "nothing"},
		{what: "nothing, by digest", tag: own},
		{what: "a tag that it has not", tag: "10", asked: NoTag, pulled: NoTag, says: "10"},
		{what: "a digest that it has not", tag: nowhere, asked: NoDigest, pulled: NoDigest, says: nowhere},
		{what: "another kind of machine", tag: "foreign", asked: WrongPlatform, pulled: WrongPlatform, says: "linux/s390x"},
		{what: "a list without this kind of machine", tag: "list", asked: WrongPlatform, pulled: WrongPlatform},
		{
			what: "a login", set: func(_ *testing.T, p *faultyProxy, _ smallImage) {
				p.breaks("/v2/", -1, answers(http.StatusUnauthorized, basic, `{"errors":[{"code":"UNAUTHORIZED"}]}`))
			},
			asked: LoginMissing, pulled: LoginMissing, says: "login",
		},
		{
			what: "another login", set: func(t *testing.T, p *faultyProxy, _ smallImage) {
				t.Helper()
				dockerConfig(t, `{"auths":{"`+p.address+`":{"username":"user","password":"verysecret"}}}`)
				p.breaks("/v2/", -1, answers(http.StatusUnauthorized, basic, `{"errors":[{"code":"UNAUTHORIZED","message":"PASSWORD is wrong"}]}`))
			},
			asked: LoginRefused, pulled: LoginRefused, says: "*** is wrong",
		},
		{what: "a limit", set: manifests(-1, answers(http.StatusTooManyRequests, wait, limit)), asked: RateLimited, pulled: RateLimited, again: 2},
		{what: "a limit for a moment", set: manifests(2, answers(http.StatusTooManyRequests, wait, limit)), again: 1},
		{
			what:  "a limit for hours",
			set:   manifests(-1, answers(http.StatusTooManyRequests, nil, strings.Replace(limit, "slow down", "You have reached your pull rate limit", 1))),
			asked: RateLimited, pulled: RateLimited,
		},
		{what: "an end of the connection", set: manifests(-1, cutShort), asked: Cut, pulled: Cut, again: 2},
		{what: "one end of the connection", set: manifests(2, cutShort), again: 1},
		// The engine tries blobs again by itself.
		{
			what: "an end in the configuration", set: func(_ *testing.T, p *faultyProxy, made smallImage) {
				p.breaks("/blobs/"+made.config, -1, cutShort)
			},
			asked: "?", pulled: Cut,
		},
		{what: "one end in a layer", set: func(_ *testing.T, p *faultyProxy, made smallImage) {
			p.breaks("/blobs/"+made.layer, 1, cutShort)
		}},
		{what: "an error of its own", set: manifests(-1, answers(http.StatusServiceUnavailable, nil, "out of order")), asked: OutOfOrder, pulled: OutOfOrder, again: 2},
		{
			what: "other bytes", tag: own, set: manifests(-1, answers(http.StatusOK, http.Header{"Content-Type": {manifestType}}, string(foreign.manifest))),
			asked: "?", pulled: Damaged,
		},
	} {
		t.Run(tt.what, func(t *testing.T) {
			dockerConfig(t, "{}")
			p, made, ref := newFaultyProxy(t, server), forThisMachine(t, tt.what), ""
			switch digest := push(t, server, "9", made); tt.tag {
			case "":
				ref = p.ref("9")
			case own:
				ref = p.ref(digest)
			default:
				ref = p.ref(tt.tag)
			}
			t.Cleanup(func() { _ = e.RemoveImage(context.Background(), ref) })
			if tt.set != nil {
				tt.set(t, p, made)
			}
			_, err := e.RegistryDigest(t.Context(), ref)
			t.Log("asked:", err)
			judgePull(t, err, tt.asked, ref, tt.says)
			if tt.set != nil {
				tt.set(t, p, made) // anew
			}
			again := 0
			err = e.pull(t.Context(), ref, func(r PullProgress) {
				if strings.Contains(r.Status, "trying again") {
					again++
				}
			}, hurried())
			t.Log("pulled:", err)
			judgePull(t, err, tt.pulled, ref, tt.says)
			if again != tt.again {
				t.Errorf("%d further attempts, want %d", again, tt.again)
			}
			if left := pulledOf(t, e, made) + pulledOf(t, e, foreign); (left > 0) != (err == nil) {
				t.Errorf("%d images after %v", left, err)
			}
		})
	}
}

// judgePull asserts the reason of a failure, "" for none and "?" for any end.
func judgePull(t *testing.T, err error, want PullReason, ref, says string) {
	t.Helper()
	got, _ := errors.AsType[*PullError](err)
	switch {
	case want == "?":
	case want == "":
		if err != nil {
			t.Errorf("got %v", err)
		}
		return
	case got == nil || got.Reason != want:
		t.Errorf("got %v, want the reason %q", err, want)
	case !strings.Contains(err.Error(), ref) || !strings.Contains(err.Error(), says) || got.Advice() == "":
		t.Errorf("got %q, want %s and %q", err, ref, says)
	}
	if err != nil && strings.Contains(err.Error(), "verysecret") {
		t.Errorf("the password is in %q", err)
	}
}

// A registry that says nothing, or no more, keeps nobody.
func TestSilentRegistry(t *testing.T) {
	e := connectForRegistry(t)
	dockerConfig(t, "{}")
	server := registryServer(t, "127.0.0.1", nil)
	for _, tt := range []struct{ what, path string }{
		{"nothing", "/manifests/"}, {"a part", "/manifests/"}, {"nothing", "/blobs/"}, {"a part", "/blobs/"},
	} {
		// Each has an image of its own: an engine joins a transfer that has begun, and is slow to end it.
		p, made, tag := newFaultyProxy(t, server), forThisMachine(t, "slow"), randomID()
		push(t, server, tag, made)
		fault := p.hangs
		if tt.what != "nothing" {
			fault = p.stops
		}
		p.breaks(tt.path, -1, fault)
		err := e.pull(t.Context(), p.ref(tag), nil, pulling{silence: time.Second})
		judgePull(t, err, Stalled, p.ref(tag), "1s")
		if strings.Contains(tt.path, "manifests") {
			_, err = e.registryDigest(t.Context(), p.ref(tag), time.Second)
			judgePull(t, err, NoAnswer, p.ref(tag), "")
		}
		left := pulledOf(t, e, made)

		// A user who waits no longer gets the reason of the end.
		p, made, tag = newFaultyProxy(t, server), forThisMachine(t, "slow"), randomID()
		push(t, server, tag, made)
		ctx, stop := context.WithCancelCause(t.Context())
		p.breaks(tt.path, -1, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
			stop(errPressed)
			p.hangs(w, r, pass)
		})
		if err := e.pull(ctx, p.ref(tag), nil, hurried()); !errors.Is(err, errPressed) {
			t.Errorf("%s of %s: got %v", tt.what, tt.path, err)
		}
		if left += pulledOf(t, e, made); left > 0 {
			t.Errorf("%s of %s: %d images", tt.what, tt.path, left)
		}
	}
}
