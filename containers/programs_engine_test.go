// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
)

// What is left of an incomplete copy is not used, a complete one is, and it goes with its image.
func TestProgramsAreCopiedOnce(t *testing.T) {
	e := connect(t)
	e.slow = true
	program, err := e.ReadFile(t.Context(), probeImage, nil, "/probe")
	if err != nil {
		t.Fatal(err)
	}
	rootfs, err := tarOf(
		tar.Header{Name: "usr/", Typeflag: tar.TypeDir, Mode: 0o755}, "",
		tar.Header{Name: "usr/sbin/", Typeflag: tar.TypeDir, Mode: 0o755}, "",
		tar.Header{Name: "usr/bin/", Typeflag: tar.TypeDir, Mode: 0o755}, "",
		tar.Header{Name: "usr/lib", Typeflag: tar.TypeSymlink, Linkname: "bin"}, "",
		tar.Header{Name: "usr/bin/probe", Typeflag: tar.TypeReg, Mode: 0o755, Uid: 1, Gid: 2}, string(program),
	)
	if err != nil {
		t.Fatal(err)
	}
	ref := probeImage + "-usr"
	id, err := e.Import(t.Context(), bytes.NewReader(rootfs), ref, testLabels)
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, int) {
		t.Helper()
		var out bytes.Buffer
		spec := RunSpec{Name: "usr", Image: id, Argv: append([]string{"/usr/bin/probe"}, args...), Labels: testLabels, Programs: true, Stdout: &out}
		result, err := e.Run(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), result.ExitCode
	}
	probeID, _, err := e.ImageID(t.Context(), probeImage)
	if err != nil {
		t.Fatal(err)
	}
	volumes := func(id string) (names []string) {
		t.Helper()
		found, err := e.copies(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found.names {
			if found.images[name] == id {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	t.Cleanup(func() {
		if err := e.removeCopies(context.Background(), append(volumes(id), volumes(probeID)...)); err != nil {
			t.Error(err)
		}
	})

	if got, status := run("stat", "/usr/bin/probe"); status != 0 || got != "/usr/bin/probe -rwxr-xr-x 1:2\n" {
		t.Errorf("%d, %s", status, got)
	}
	names := volumes(id)
	if len(names) != 2 || names[0] != copyName(id, "bin") || names[1] != copyName(id, complete) {
		t.Fatalf("volumes %v", names)
	}
	if _, status := run("write", "/usr/bin/more", ""); status == 0 {
		t.Error("a run wrote to the copy")
	}
	plant := func() {
		spec := probe("write", "/usr/bin/planted", "")
		spec.Root, spec.Volumes = true, []VolumeMount{{Name: names[0], Path: "/usr/bin"}}
		stdout(t, e, spec)
	}
	plant()
	if _, status := run("stat", "/usr/bin/planted"); status != 0 {
		t.Error("the copy was not used again")
	}
	if err := e.RemoveVolume(t.Context(), names[1]); err != nil {
		t.Fatal(err)
	}
	if _, status := run("stat", "/usr/bin/planted"); status == 0 {
		t.Error("an incomplete copy was used")
	}
	if err := e.RemoveImage(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	other := probe("who")
	other.Programs = true
	stdout(t, e, other)
	if names := volumes(id); len(names) > 0 {
		t.Errorf("left of an image that is gone: %s", strings.Join(names, " "))
	}
}
