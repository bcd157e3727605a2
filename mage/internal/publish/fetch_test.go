// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
)

func TestFetch(t *testing.T) {
	key := keyOf(t, 0)
	dir := released(t, key)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	to := t.TempDir()
	if err := Fetch(context.Background(), server.URL+"/", to); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(t.Context(), to, Trust{Ring: ringOf(t, key, now)}); err != nil {
		t.Error(err)
	}

	// What the server lost, Check names.
	if err := os.Remove(at(dir, library)); err != nil {
		t.Fatal(err)
	}
	to = t.TempDir()
	if err := Fetch(context.Background(), server.URL, to); err != nil {
		t.Fatal(err)
	}
	if faults := faultsOf(t, to, Trust{Ring: ringOf(t, key, now)}); !named(faults, library, "it is missing") {
		t.Errorf("got %v", faults)
	}
}

func TestFetchRefuses(t *testing.T) {
	for name, list := range map[string]string{
		"a path that leads out": strings.Repeat("0", 64) + "  ../outside\n",
		"no list":               "<html>\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, SumsFile), []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.FileServer(http.Dir(dir)))
		to := filepath.Join(t.TempDir(), "to")
		err := Fetch(context.Background(), server.URL, to)
		server.Close()
		if !errors.Is(err, errListing) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(to, "..", "outside")); err == nil {
			t.Errorf("%s: a file was written outside", name)
		}
	}
	empty := httptest.NewServer(http.FileServer(http.Dir(t.TempDir())))
	t.Cleanup(empty.Close)
	secret := strings.Replace(empty.URL, "http://", "http://user:secret@", 1)
	err := Fetch(context.Background(), secret, t.TempDir())
	if _, ok := errors.AsType[*pkgrepo.FetchError](err); !ok || strings.Contains(err.Error(), "secret") {
		t.Errorf("nothing there: got %v", err)
	}
}
