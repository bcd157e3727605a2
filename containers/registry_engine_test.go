// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// registryImage is a registry on this machine's loopback, for which an engine needs no TLS, with one image.
func registryImage(t *testing.T, path string) (ref, digest string) {
	t.Helper()
	rootfs, err := tarOf(tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644}, "of the registry")
	if err != nil {
		t.Fatal(err)
	}
	blobs := make(map[string][]byte)
	put := func(data []byte) map[string]any {
		sum := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
		blobs[sum] = data
		return map[string]any{"digest": sum, "size": len(data)}
	}
	var layer bytes.Buffer
	packed := gzip.NewWriter(&layer)
	_, _ = packed.Write(rootfs)
	_ = packed.Close()
	config, _ := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{"Labels": testLabels},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(rootfs))}},
	})
	ofLayer, ofConfig := put(layer.Bytes()), put(config)
	const kind = "application/vnd.docker.distribution.manifest.v2+json"
	ofLayer["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"
	ofConfig["mediaType"] = "application/vnd.docker.container.image.v1+json"
	manifest, _ := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": kind, "config": ofConfig, "layers": []any{ofLayer}})
	digest, _ = put(manifest)["digest"].(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.URL.Path, "/v2/"+path+"/")
		kindOf, sum, _ := strings.Cut(name, "/")
		if sum == "9" {
			sum = digest
		}
		data, ok := blobs[sum]
		switch {
		case r.URL.Path == "/v2/":
		case !ok:
			http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`, http.StatusNotFound)
		case kindOf == "manifests":
			w.Header().Set("Content-Type", kind)
			fallthrough
		default:
			w.Header().Set("Docker-Content-Digest", sum)
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String() + "/" + path + ":9", digest
}

// A site's registry is asked under its own host, port and prefix, and the image keeps the digest that it has there.
func TestPullFromASitesRegistry(t *testing.T) {
	e := connect(t)
	ref, digest := registryImage(t, "mirror/rockylinux/rockylinux")
	t.Cleanup(func() { _ = e.RemoveImage(context.Background(), ref) })
	if err := e.RegistryReachable(t.Context(), ref); err != nil {
		t.Error(err)
	}
	if err := e.RegistryReachable(t.Context(), strings.TrimSuffix(ref, "9")+"none"); err == nil {
		t.Error("it has a tag that it has not")
	}
	if err := e.Pull(t.Context(), ref, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := e.ImageDigest(t.Context(), ref); got != digest || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, digest)
	}
	if data, err := e.ReadFile(t.Context(), ref, nil, "/file"); string(data) != "of the registry" {
		t.Errorf("%q, %v", data, err)
	}
	if got, err := e.ImageDigest(t.Context(), probeImage); got != "" || err != nil {
		t.Errorf("an image of no registry: %q, %v", got, err)
	}
}
