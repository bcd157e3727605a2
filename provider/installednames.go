// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// checkInstalled refuses a header, a manual page or a file that another directory
// of the release installs under the same name, because CMake would install only one of them,
// and a file in a directory that the release has no variable for.
func (in *integration) checkInstalled(p *Provider) {
	data, ok := in.read(TopCMake)
	if !ok || !p.installsNames() {
		return
	}
	ours := p.installedNames()
	cmds, err := cmake.Parse(TopCMake, data)
	if err != nil {
		in.fail(err)
		return
	}
	in.checkVariables(p, cmds)
	for _, c := range cmds {
		if c.Name != "add_subdirectory" || len(c.Args) == 0 {
			continue
		}
		dir := path.Clean(c.Args[0].Text)
		own := providerOf(providerDir(&c)) == providerOf(p.Manifest.Folder())
		if own || dir == "." || strings.HasPrefix(dir, "..") || strings.Contains(dir, "$") {
			continue
		}
		in.checkFolder(path.Join(dir, cmake.FileName), ours)
	}
}

// checkVariables refuses a release that does not set a variable in one of the provider's
// destinations, unless the provider handles that: CMake would expand it to nothing, and install
// into the root directory.
func (in *integration) checkVariables(p *Provider, top []cmake.Command) {
	cmds := slices.Clone(top)
	files, err := p.BuildFiles()
	in.fail(err)
	for _, b := range files {
		cmds = append(cmds, b.Commands...)
	}
	for _, i := range p.installed {
		variable := i.Dir.variable()
		sets := func(c cmake.Command) bool { return c.Name == "set" && len(c.Args) > 0 && c.Args[0].Text == variable }
		if variable != "" && !slices.ContainsFunc(cmds, sets) {
			in.fail(text.NoPlace(TopCMake, fmt.Sprintf("set(%s …), where the provider installs %s", variable, i.Name)))
		}
	}
}

// checkFolder checks the files that one CMakeLists.txt installs.
func (in *integration) checkFolder(file string, ours map[string]bool) {
	data, err := in.tree.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var cmds []cmake.Command
	if err == nil {
		cmds, err = cmake.Parse(file, data)
	}
	if err == nil {
		cmds, err = cmake.NewVars(file, nil).Expand(cmds)
	}
	if err != nil {
		in.fail(&PlaceError{File: file, LookedFor: "what this directory installs", Found: err.Error(), Err: err})
		return
	}
	for _, c := range cmds {
		for _, name := range commandInstalls(&c) {
			if ours[name] {
				want := "no " + name + ", which the provider installs too"
				in.fail(&ConflictError{File: file, Line: c.Line, Want: want, Got: fmt.Sprintf("%s(… %s …)", c.Name, path.Base(name))})
			}
		}
	}
}

// installedNames returns the provider's files in shared directories, such as
// "infiniband/flydv.h", "man3/flydv_open.3", "udev/rules.d/70-fly.rules".
func (p *Provider) installedNames() map[string]bool {
	names := map[string]bool{}
	for _, page := range p.manPages {
		names[page.file()] = true
	}
	for _, in := range p.installed {
		names[string(in.Dir)+"/"+in.Name] = true
	}
	if p.library != nil {
		for _, h := range p.library.Headers {
			names["infiniband/"+h] = true
		}
	}
	return names
}

// file is the page's path below the directory of manual pages.
func (m ManPage) file() string { return fmt.Sprintf("man%d/%s.%d", m.Section, m.Name, m.Section) }

// commandInstalls returns, in the same form, the files that a command of the release installs.
func commandInstalls(c *cmake.Command) []string {
	var names []string
	switch args := c.Texts(); c.Name {
	case "publish_headers":
		for _, a := range args[min(1, len(args)):] {
			names = append(names, args[0]+"/"+path.Base(a))
		}
	case "rdma_man_pages", "rdma_alias_man_pages":
		for _, a := range args {
			if m := manForm.FindStringSubmatch(path.Base(manSource(a))); m != nil {
				names = append(names, "man"+m[2]+"/"+m[0])
			}
		}
	case "install", "rdma_subst_install":
		i := readInstall(c)
		dir, ok := InstallDir(""), false
		if i.destination != nil {
			dir, ok = installDir(i.destination.Text)
		}
		for _, f := range i.files {
			name := path.Base(f.Text)
			if i.rename != nil {
				name = i.rename.Text
			}
			if ok {
				names = append(names, string(dir)+"/"+name)
			}
		}
	}
	return names
}
