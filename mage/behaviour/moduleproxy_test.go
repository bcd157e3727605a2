// SPDX-License-Identifier: Apache-2.0

//go:build behaviour || integration

package behaviour

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// moduleproxy DIR VERSION: makes a module proxy of files with the working directory as that version of verbsmith.
func moduleProxy(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 { //nolint:mnd // directory and version
		ts.Fatalf("usage: moduleproxy DIR VERSION")
	}
	const module = "github.com/resnics/verbsmith"
	root, version := ts.MkAbs("."), args[1]
	dir := filepath.Join(ts.MkAbs(args[0]), filepath.FromSlash(module), "@v")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	ts.Check(errors.Join(err, os.MkdirAll(dir, 0o755)))
	file := func(extension string) string { return filepath.Join(dir, version+extension) }
	ts.Check(errors.Join(
		os.WriteFile(filepath.Join(dir, "list"), []byte(version+"\n"), 0o600),
		os.WriteFile(file(".info"), []byte(`{"Version":"`+version+`"}`), 0o600),
		os.WriteFile(file(".mod"), mod, 0o600),
	))
	out, err := os.Create(file(".zip"))
	ts.Check(err)
	zw := zip.NewWriter(out)
	ts.Check(filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		w, err := zw.Create(module + "@" + version + "/" + filepath.ToSlash(name))
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}))
	ts.Check(errors.Join(zw.Close(), out.Close()))
}
