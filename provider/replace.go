// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// mayReplace reports whether a file of the release is the replaced provider's own:
// one below providers/NAME, or a kernel header whose name has NAME as a word.
func (m *Manifest) mayReplace(name string) bool {
	if !m.ReplacesUpstream {
		return false
	}
	if strings.HasPrefix(name, m.Folder()+"/") {
		return true
	}
	own := regexp.MustCompile(`^kernel-headers/rdma/([a-z0-9_-]*[_-])?` + regexp.QuoteMeta(m.Name) + `[_.-]`)
	return own.MatchString(name)
}

// dropOld removes each add_subdirectory() of the release's own provider that the new one does
// not have, or has in another place.
func (in *integration) dropOld(m *Manifest, paths []string) {
	data, ok := in.read(TopCMake)
	if !ok {
		return
	}
	out, dropped, err := dropSubdirectories(data, paths, m)
	if err != nil || len(dropped) == 0 {
		in.fail(err)
		return
	}
	in.edit(TopCMake, func([]byte) ([]byte, string, bool, error) {
		return out, "the release's own add_subdirectory(" + strings.Join(dropped, "), (") + ") removed", false, nil
	})
}

// removeOld removes the release's files in providers/NAME that the provider lacks. Nothing else
// is removed, whatever the tree lists.
func (in *integration) removeOld(name string, plan []Copy) {
	dir := "providers/" + name
	lister, ok := in.tree.(Lister)
	if !ok {
		want := "a tree whose directories can be listed, to replace the release's provider"
		in.fail(&FileError{File: dir, Want: want, Got: fmt.Sprintf("%T", in.tree)})
		return
	}
	have, err := lister.List(dir)
	if err != nil {
		in.fail(&PlaceError{File: dir, LookedFor: "the files of the release's own provider", Found: reason(err), Err: err})
		return
	}
	for _, file := range have {
		if path.Clean(file) != file || !strings.HasPrefix(file, dir+"/") {
			in.fail(&PlaceError{File: file, LookedFor: "a file below " + dir, Found: "a path outside it"})
			continue
		}
		if slices.ContainsFunc(plan, func(c Copy) bool { return c.To == file }) {
			continue
		}
		in.result.Edits = append(in.result.Edits, Edit{File: file, What: "removed (the release's own)"})
		in.out = append(in.out, Written{Name: file, Remove: true})
	}
}
