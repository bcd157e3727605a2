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
