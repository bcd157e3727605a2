// SPDX-License-Identifier: Apache-2.0

package skeleton

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"text/template"

	"github.com/resnics/verbsmith/provider"
)

// Files are the templates of a new provider's files, but for the manifest's.
//
//go:embed templates
var Files embed.FS

const (
	suffix      = ".tmpl"
	placeholder = "NAME" // in a file's name
)

// Options describe the new provider.
type Options struct {
	Name       string
	Shared     bool                // with a library of functions for programs beyond verbs
	Maintainer provider.Maintainer // empty values become placeholders, which provider:check reports
	Place      string              // the directory in its texts: -provider=PLACE
	Templates  fs.FS               // in place of Files, with the same names; nil is Files
}

// The default maintainer. The domain never exists (RFC 2606).
const (
	NobodyName  = "Nobody yet"
	NobodyEmail = "nobody@provider.invalid"
)

// File is a file of a new directory.
type File struct {
	Name string      // in the provider's directory, slash separated
	Mode fs.FileMode // 0 is 0o644
	Data []byte
}

// names are the values in the templates.
type names struct {
	Name, Upper, Constant string
	Prefix, Device        string // of the devices' names; the first device
	Shared                bool
	Maintainer            provider.Maintainer
	Place                 string
}

// Device returns the name of the first device of a provider's skeleton, and the prefix of all
// its devices. After a name that ends in a digit there is a _, as in mlx5_0, because my_dev20
// would read as the twentieth device of my_dev.
func Device(name string) (first, prefix string) {
	prefix = name
	if last := name[len(name)-1]; last >= '0' && last <= '9' {
		prefix += "_"
	}
	return prefix + "0", prefix
}

// New returns the files of a new provider.
//
// Errors: *provider.NameError for a name that is invalid, or that the skeleton would not
// compile with.
func New(opts Options) ([]File, error) {
	if err := checkName(opts.Name); err != nil {
		return nil, err
	}
	n := names{
		Name: opts.Name, Upper: strings.ToUpper(opts.Name), Shared: opts.Shared, Maintainer: opts.Maintainer, Place: opts.Place,
	}
	n.Constant = "RDMA_DRIVER_" + n.Upper
	n.Device, n.Prefix = Device(n.Name)
	if n.Maintainer == (provider.Maintainer{}) {
		n.Maintainer = provider.Maintainer{Name: NobodyName, Email: NobodyEmail}
	}
	if opts.Templates == nil {
		opts.Templates = Files
	}
	return render(opts.Templates, n)
}

// checkName also refuses names whose types would be libibverbs' own.
func checkName(name string) error {
	if err := provider.CheckName(name); err != nil {
		return err
	}
	switch name {
	case "ibv", "verbs", "ib_uverbs":
		return &provider.NameError{
			Name: name, Want: "an unused name", Got: "a prefix of libibverbs' own types: struct " + name + "_…",
		}
	}
	return nil
}

func render(templates fs.FS, n names) ([]File, error) {
	entries, err := fs.ReadDir(templates, "templates")
	if err != nil {
		return nil, fmt.Errorf("list the skeleton's files: %w", err)
	}
	files := make([]File, 0, len(entries))
	for _, e := range entries {
		if !n.Shared && isShared(e.Name()) {
			continue
		}
		text, err := fs.ReadFile(templates, path.Join("templates", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read a file of the skeleton: %w", err)
		}
		t, err := template.New(e.Name()).Option("missingkey=error").
			Funcs(template.FuncMap{"fit": fit, "quote": strconv.Quote}).Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("read a file of the skeleton: %w", err)
		}
		var out bytes.Buffer
		if err := t.Execute(&out, n); err != nil {
			return nil, fmt.Errorf("write a file of the skeleton: %w", err)
		}
		files = append(files, File{Name: fileName(e.Name(), n.Name), Data: out.Bytes()})
	}
	notes := Notes{"device": {n.Upper + "_UVERBS_ABI_VERSION of " + n.Name + "-abi.h is its kernelABI."}}
	data, err := Manifest(n.manifest(), n.Place, notes)
	return append(files, File{Name: provider.ManifestName, Data: data}), err
}

// manifest is the new provider's.
func (n *names) manifest() *provider.Manifest {
	return &provider.Manifest{
		Name: n.Name, Description: Description(n.Name), Maintainer: n.Maintainer, ABIHeader: n.Name + "-abi.h",
		DriverID:     provider.DriverID{Constant: n.Constant, Policy: provider.PolicyNext},
		KernelModule: n.Name + ".ko", CMake: provider.CMake{CoherentDMA: true},
		Device:       provider.Device{Name: n.Device, KernelABI: 1},
		PrivateFiles: []string{"README.md", ".clang-format", ".gitignore", "*~", ".*.sw?", ".#*", "#*#", "*.orig", "*.rej"},
	}
}

// Description is the one of a provider that has none yet.
func Description(name string) string { return "Userspace driver for " + name + " RDMA devices" }

// isShared reports whether a template is only for a library.
func isShared(tmpl string) bool { return tmpl == "NAMEdv.h.tmpl" || tmpl == "libNAME.map.tmpl" }

// fileName is a template's output file: fly-abi.h for NAME-abi.h.tmpl. Files that begin with a
// dot are not embedded, so the dot is added here.
func fileName(tmpl, name string) string {
	file := strings.Replace(strings.TrimSuffix(tmpl, suffix), placeholder, name, 1)
	if file == "clang-format" {
		return "." + file
	}
	return file
}
