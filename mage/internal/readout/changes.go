// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/page"
)

// changes compares the directory with what was in it before its packages were replaced.
func (r *reader) changes(suites []page.Suite, kernel page.Kernel) page.Changes {
	before, err := dist.ReadPrevious(r.dir)
	r.note(err)
	if before == nil {
		return page.Changes{}
	}
	list := changedInputs(before.Manifest, r.m)
	list = append(list, changedFiles(before.Manifest.Files, r.m.Files)...)
	return page.Changes{Known: true, List: append(list, changedResults(before.Results, suites, kernel)...)}
}

// changedInputs compares what the packages were made from. Keys follow from the rest.
func changedInputs(before, now artifact.Manifest) []page.Change {
	var list []page.Change
	old := map[string]string{}
	for _, f := range inputs(before) {
		old[f.Name] = f.Value
	}
	for _, f := range inputs(now) {
		if was := old[f.Name]; was != f.Value && f.Name != "key" {
			list = append(list, page.Change{What: f.Name, Before: cmp.Or(was, "–"), Now: f.Value})
		}
		delete(old, f.Name)
	}
	for _, f := range inputs(before) {
		if was, gone := old[f.Name]; gone {
			list = append(list, page.Change{What: f.Name, Before: was, Now: "–"})
		}
	}
	return list
}

// fileKey is what a file is called in any version.
func fileKey(f artifact.Output) string {
	p, ok := packageOf(f)
	if !ok {
		return f.Path
	}
	arch := path.Base(f.Path)
	if f.NEVRA != "" {
		arch = f.NEVRA[strings.LastIndexByte(f.NEVRA, '.')+1:]
	} else {
		arch = strings.TrimSuffix(arch[strings.LastIndexByte(arch, '_')+1:], ".deb")
	}
	return p.Name + " (" + arch + ")"
}

// changedFiles compares the outputs, but for logs.
func changedFiles(before, now []artifact.Output) []page.Change {
	old := map[string]artifact.Output{}
	for _, f := range before {
		old[fileKey(f)] = f
	}
	var list []page.Change
	for _, f := range now {
		key := fileKey(f)
		was, there := old[key]
		delete(old, key)
		if strings.HasPrefix(f.Path, "logs/") || there && was.SHA256 == f.SHA256 {
			continue
		}
		change := page.Change{What: key, Before: "–", Now: versionAndSize(f)}
		if there {
			change.Before = versionAndSize(was)
			if change.Before == change.Now {
				change.Now += ", other bytes"
			}
		}
		list = append(list, change)
	}
	for _, f := range before {
		if _, gone := old[fileKey(f)]; gone && !strings.HasPrefix(f.Path, "logs/") {
			list = append(list, page.Change{What: fileKey(f), Before: versionAndSize(f), Now: "–"})
		}
	}
	return list
}

func versionAndSize(f artifact.Output) string {
	p, _ := packageOf(f)
	return strings.TrimSpace(p.Version + " " + fmt.Sprintf("(%s bytes)", strconv.FormatInt(f.Size, 10)))
}

// changedResults compares verdicts that have run both before and now.
func changedResults(before []dist.Earlier, suites []page.Suite, kernel page.Kernel) []page.Change {
	now := map[[2]string]page.State{}
	for _, s := range suites {
		for _, r := range s.Results {
			now[[2]string{s.File, r.Name}] = r.State
		}
	}
	for _, c := range kernel.Cases {
		now[[2]string{kernel.File, c.Name}] = c.State
	}
	var list []page.Change
	for _, was := range before {
		if state, ran := now[[2]string{was.File, was.Name}]; ran && state != stateOf(was.State) {
			list = append(list, page.Change{What: was.Title, Before: string(stateOf(was.State)), Now: string(state)})
		}
	}
	return slices.Clip(list)
}

// compared is what inspect -against has found.
func (r *reader) compared() page.Compared {
	found, err := dist.ReadChanges(r.dir)
	r.note(err)
	if err != nil || found.Against == "" {
		return page.Compared{}
	}
	c := page.Compared{With: found.Against, File: dist.ChangesFile}
	for _, d := range found.List {
		c.List = append(c.List, page.Difference{Package: d.Package, What: d.What, Was: d.Was, Is: d.Is})
	}
	return c
}
