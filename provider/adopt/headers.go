// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

const (
	headersDir = "kernel-headers"
	cmaDir     = "librdmacm"   // its headers are <rdma/X> too
	rdmaDir    = "rdma/"       // of headers as sources include them
	abiDir     = "kernel-abi/" // made from them
)

// MissingHeaderError says that a header that a driver shares with its kernel driver is nowhere.
type MissingHeaderError struct {
	File   string // that includes it
	Line   int
	Name   string
	Looked []string // directories
}

// Error says where it was looked for.
func (e *MissingHeaderError) Error() string {
	return fmt.Sprintf("%s: want the kernel header %s in the driver's directory or beside it, got none in %s",
		edit.At(e.File, e.Line), edit.Cut(e.Name), edit.Cut(strings.Join(e.Looked, ", ")))
}

// wanted is a header of kernel-headers/rdma that the provider uses.
type wanted struct {
	name string // ionic-abi.h
	abi  bool   // kernel-abi/ is used too
	file string // that includes it
	line int
	must bool // it is included outside any #if, and not only listed in a tree
}

// kernelHeader reports whether a file is one that sources include as a kernel header, and not a file of the provider of the same name.
func kernelHeader(src *c.Sources, name string) bool {
	return slices.ContainsFunc(includedHeaders(src, nil), func(w wanted) bool { return w.name == path.Base(name) })
}

// includedHeaders lists those that sources include as <rdma/X> or <kernel-abi/X>. Those of a source that is not built, if built is
// known, need not be there.
func includedHeaders(src *c.Sources, built *cmake.Sources) []wanted {
	var all []wanted
	for _, f := range src.Files {
		depths := c.Conditions(f.Tokens)
		compiled := built == nil || path.Ext(f.Name) != ".c" || built.Has(f.Name)
		for i, t := range f.Tokens {
			name, abi := strings.CutPrefix(t.Included(), abiDir)
			if !abi {
				var ok bool
				if name, ok = strings.CutPrefix(t.Included(), rdmaDir); !ok {
					continue
				}
			}
			line, must := text.LineNumber(f.Data, t.Start), compiled && depths[i] == 0
			all = add(all, wanted{name: name, abi: abi, file: f.Path, line: line, must: must})
		}
	}
	return all
}

func add(all []wanted, w wanted) []wanted {
	if i := slices.IndexFunc(all, func(o wanted) bool { return o.name == w.name }); i >= 0 {
		all[i].abi, all[i].must = all[i].abi || w.abi, all[i].must || w.must
		return all
	}
	return append(all, w)
}

// headers finds the provider's kernel headers and adds them to its files.
func (r *reader) headers(ctx context.Context) error {
	src, _ := r.p.Sources(ctx) // errors are reported by scan
	all := includedHeaders(src, r.built)
	for _, b := range r.files {
		all = published(all, b)
	}
	all = r.listedHeaders(all)
	var abis []string
	for i := 0; i < len(all); i++ {
		w := all[i]
		if !r.isOwnHeader(w.name) {
			continue
		}
		name, err := r.addHeader(w)
		switch {
		case err != nil:
			return err
		case name == "":
			continue
		case w.abi:
			abis = append(abis, name)
		default:
			r.p.Manifest.IoctlHeaders = append(r.p.Manifest.IoctlHeaders, name)
		}
		all = r.includedBy(all, name)
	}
	slices.Sort(abis)
	slices.Sort(r.p.Manifest.IoctlHeaders)
	if len(abis) == 1 {
		r.p.Manifest.ABIHeader = abis[0]
	} else {
		r.p.Manifest.ABIHeaders = abis
	}
	return nil
}

// published adds the kernel headers that a CMakeLists.txt publishes.
func published(all []wanted, b *cmake.File) []wanted {
	for i := range b.Commands {
		cmd := &b.Commands[i]
		for _, a := range cmd.Args {
			if _, name, ok := strings.Cut(a.Text, headersDir+"/"+rdmaDir); ok && cmd.Name == "publish_headers" {
				all = add(all, wanted{name: name, file: b.Name, line: cmd.Line, must: true})
			}
		}
	}
	return all
}

// includedBy adds the kernel headers that one of them includes.
func (r *reader) includedBy(all []wanted, name string) []wanted {
	data, _ := r.p.Content(name)
	f, err := c.ScanFile(name, r.p.Path(name), data)
	if err != nil {
		return all // reported by scan
	}
	for _, more := range includedHeaders(&c.Sources{Files: []*c.File{f}}, nil) {
		more.abi = false
		all = add(all, more)
	}
	return all
}

// listedHeaders adds what the tree's kernel-headers/ has for the provider, and says which are ABI headers there.
func (r *reader) listedHeaders(all []wanted) []wanted {
	if r.tree == nil {
		return all
	}
	own := ownHeader(r.p.Manifest.Name)
	file := path.Join(headersDir, cmake.FileName)
	cmds, err := cmake.Parse(file, readFrom(r.tree, file))
	if err != nil {
		return all
	}
	for i := range cmds {
		abi := cmds[i].Name == "rdma_kernel_provider_abi"
		if !abi && cmds[i].Name != "publish_internal_headers" {
			continue
		}
		for _, a := range cmds[i].Args {
			name, ok := strings.CutPrefix(a.Text, rdmaDir)
			known := slices.ContainsFunc(all, func(w wanted) bool { return w.name == name })
			if ok && (known || own.MatchString(name)) {
				all = add(all, wanted{name: name, abi: abi, file: filepath.Join(r.Tree, file), line: cmds[i].Line})
			}
		}
	}
	return all
}

// ownHeader matches the names of a provider's kernel headers, as they are replaced in a release.
func ownHeader(name string) *regexp.Regexp {
	return regexp.MustCompile(`^([a-z0-9_-]*[_-])?` + regexp.QuoteMeta(name) + `[_.-]`)
}

// isOwnHeader reports whether a kernel header is the provider's: by its name, or because upstream's release does not have it.
func (r *reader) isOwnHeader(name string) bool {
	switch {
	case strings.Contains(name, "/"):
		return false // a directory of another driver's, such as hfi/
	case ownHeader(r.p.Manifest.Name).MatchString(name):
		return true
	case r.Release.Tree != nil:
		return !r.Release.has(path.Join(headersDir, rdmaDir, name)) && !r.Release.has(path.Join(cmaDir, name))
	}
	core := strings.HasPrefix(name, "ib_user_") || strings.HasPrefix(name, "rdma_") || name == "rvt-abi.h"
	return !core
}

// addHeader finds a header and adds it to the provider's files, unless it is there. name is "" if the release's own is used.
func (r *reader) addHeader(w wanted) (name string, err error) {
	kind := "not used by kernel-abi/"
	if w.abi {
		kind = "ABI header"
	}
	inside := r.insideHeader(w.name)
	if inside != "" && r.tree == nil {
		r.found(fieldHeaders, inside+" ("+kind+")", "")
		return inside, nil
	}
	file, data, looked, err := r.lookFor(w.name)
	switch {
	case err != nil:
		return "", err
	case file == "" && inside != "":
		r.found(fieldHeaders, inside+" ("+kind+")", "")
		return inside, nil
	case file == "" && !w.must: // as in #ifdef __KERNEL__
		return "", nil
	case file == "" && r.Release.has(path.Join(headersDir, rdmaDir, w.name)):
		r.ask(fieldHeaders, w.name+" was not found, and the one of the release is used. Is it the same?")
		return "", nil
	case file == "":
		return "", &MissingHeaderError{File: w.file, Line: w.line, Name: w.name, Looked: looked}
	}
	return r.takeHeader(w.name, kind, file, data)
}

// takeHeader adds a header that is in a file outside of the driver's directory: where it is, if a manifest can name it there.
func (r *reader) takeHeader(name, kind, file string, data []byte) (string, error) {
	if outside := provider.Outside(r.Driver.Driver, file); outside != "" && !r.Copies {
		r.draft.AddFile(provider.NewFile(outside, 0, data))
		r.found(fieldHeaders, outside+" ("+kind+")", "")
		return outside, nil
	}
	to := name
	if r.p.Has(to) {
		to = "kernel/" + name
	}
	if r.p.Has(to) {
		return "", &provider.FileError{File: r.p.Path(to), Want: "no file here, where " + file + " goes", Got: "another file"}
	}
	r.draft.AddFile(provider.NewFile(to, 0, data))
	r.out.Moved = append(r.out.Moved, file)
	r.found(fieldHeaders, to+" ("+kind+")", r.shown(file))
	return to, nil
}

// shown is a file's place in the tree, or beside the driver's directory.
func (r *reader) shown(file string) string {
	base, what := r.Driver.Driver, ""
	if r.tree != nil {
		base, what = r.Tree, "the tree's "
	}
	rel, err := filepath.Rel(base, file)
	if err != nil {
		return file
	}
	return what + filepath.ToSlash(rel)
}

// insideHeader finds a header among the driver's files. A file of its own with the same name includes what is made from it.
func (r *reader) insideHeader(name string) string {
	best := ""
	for _, f := range r.p.Files {
		if path.Base(f.Name) == name && !bytes.Contains(f.Data(), []byte(abiDir)) && (best == "" || strings.Contains(f.Name, "/")) {
			best = f.Name
		}
	}
	return best
}

// lookFor looks for a header in the tree, or beside the driver's directory as a kernel's source or an rdma-core tree has it.
func (r *reader) lookFor(name string) (file string, data []byte, looked []string, err error) {
	base, up := r.Driver.Driver, []string{"..", "../.."}
	subs := []string{".", "rdma", "kernel", "kernel-headers/rdma", "include/uapi/rdma", "include/rdma", "uapi/rdma"}
	if r.tree != nil {
		base, up, subs = r.Tree, []string{"."}, []string{headersDir + "/rdma"}
	}
	for i, above := range up {
		for _, sub := range subs {
			if i > 0 && !strings.Contains(sub, "/") {
				continue // too far away for a file beside it
			}
			dir := filepath.Join(base, above, sub)
			looked = append(looked, dir)
			t, err := provider.OpenTree(dir)
			if err != nil {
				continue
			}
			data, err := t.ReadFile(name)
			_ = t.Close()
			switch {
			case err == nil && bytes.IndexByte(data, 0) >= 0:
				return "", nil, nil, &provider.FileError{File: filepath.Join(dir, name), Want: "a kernel header", Got: "a binary file"}
			case err == nil && !bytes.Contains(data, []byte(abiDir)):
				return filepath.Join(dir, name), data, nil, nil
			case err != nil && !errors.Is(err, fs.ErrNotExist):
				return "", nil, nil, fmt.Errorf("read the kernel header %s: %w", filepath.Join(dir, name), err)
			}
		}
	}
	if r.tree != nil {
		return "", nil, looked, nil
	}
	return r.searchFor(name, looked)
}

// searchFor looks for a header in the whole repository that the driver is in. Of several that differ, it asks about the first.
func (r *reader) searchFor(name string, looked []string) (file string, data []byte, all []string, err error) {
	repository := provider.Repository(r.Driver.Driver)
	if repository == "" {
		return "", nil, looked, nil
	}
	t, err := provider.OpenTree(repository)
	if err != nil {
		return "", nil, looked, nil
	}
	defer t.Close()
	var names []string
	for _, at := range filesNamed(repository, name) {
		content, err := t.ReadFile(at)
		switch {
		case err != nil || bytes.Contains(content, []byte(abiDir)) || bytes.IndexByte(content, 0) >= 0: // another file of that name
		case file == "":
			file, data, names = filepath.Join(repository, filepath.FromSlash(at)), content, []string{at}
		case !bytes.Equal(content, data):
			names = append(names, at)
		}
	}
	if len(names) > 1 {
		r.ask(fieldHeaders, "the repository has several files "+name+". Which one does the driver use?", names...)
	}
	return file, data, append(looked, repository+" (without build, dist, vendor, testdata)"), nil
}

// filesNamed are the paths of a repository's files of that name, in their order, without what is made or somebody else's.
func filesNamed(repository, name string) []string {
	const most = 100_000
	var found []string
	entries := 0
	_ = fs.WalkDir(os.DirFS(repository), ".", func(at string, d fs.DirEntry, err error) error {
		switch entries++; {
		case entries > most:
			return fs.SkipAll
		case err != nil:
			return nil //nolint:nilerr // what cannot be read has none
		case d.IsDir() && at != "." && notSearched(d.Name()):
			return fs.SkipDir
		case d.Name() == name && d.Type().IsRegular():
			found = append(found, at)
		}
		return nil
	})
	return found
}
