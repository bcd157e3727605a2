// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"errors"
	"testing"
)

func TestImageDigest(t *testing.T) {
	for name, test := range map[string]struct{ digests, ref, want string }{
		"of that registry": {`"other.example/a/b@sha256:01","r.example:5000/a/b@sha256:02"`, "r.example:5000/a/b:9", "sha256:02"},
		"pinned":           {`"a/b@sha256:01","a/b2@sha256:02"`, "a/b@sha256:01", "sha256:01"},
		"of another":       {`"other.example/a/b@sha256:01"`, "a/b:9", "sha256:01"},
		"of none":          {"", "a/b:9", ""},
	} {
		fake := useFake(t)
		fake.answer("image", `{"Id":"sha256:0123456789abcdef","Config":{},"RepoDigests":[`+test.digests+`]}`)
		e := connectFake(t)
		if got, err := e.ImageDigest(t.Context(), test.ref); got != test.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, test.want)
		}
		fake.lacks("image")
		_, err := e.ImageDigest(t.Context(), test.ref)
		if _, ok := errors.AsType[*NoImageError](err); !ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// An engine that keeps images in containerd gives each one a digest, also one that was made here and that no registry has.
func TestImageDigestOfOwnImages(t *testing.T) {
	const label = `{"Labels":{"` + Label + `":"1"}}`
	for _, test := range []struct{ info, config, want string }{
		{`{"ID":"x","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}`, label, ""},
		{`{"ID":"x","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}`, `{}`, "sha256:01"},
		{`{"ID":"x","DriverStatus":[["Backing Filesystem","extfs"]]}`, label, "sha256:01"},
	} {
		fake := useFake(t)
		fake.answer("info", test.info)
		fake.answer("image", `{"Id":"sha256:0123456789abcdef","Config":`+test.config+`,"RepoDigests":["a/b@sha256:01"]}`)
		e := connectFake(t)
		if got, err := e.ImageDigest(t.Context(), "a/b:9"); got != test.want || err != nil {
			t.Errorf("%+v: got %q, %v", test, got, err)
		}
	}
}
