// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/spdx"
	"github.com/resnics/verbsmith/provider/skeleton"
)

// tells returns the text of a file of the tree that tells of the driver.
func (r *reader) tells(name string) string { return string(readFrom(r.told, name)) }

// folder is the driver's directory in that tree.
func (r *reader) folder() string {
	if r.Tree != "" {
		return providersDir + "/" + filepath.Base(r.Driver.Driver)
	}
	return r.p.Manifest.Folder()
}

const (
	maintainersFile = "MAINTAINERS"
	readmeFile      = "README.md"
	specFile        = "redhat/rdma-core.spec"
	controlFile     = "debian/control"
	copyrightFile   = "debian/copyright"
)

var (
	personLine = regexp.MustCompile(`(?m)^M:[ \t]*(.+?)[ \t]*<([^<>\s]+)>[ \t]*$`)
	moduleName = regexp.MustCompile(`\b[A-Za-z0-9][A-Za-z0-9_-]*\.ko\b`)
	forModule  = regexp.MustCompile(`[ \t]*\(for [^)]*\)[ \t]*$`)
)

// section is the driver's section of MAINTAINERS.
func (r *reader) section() string {
	own := regexp.MustCompile(`(?m)^F:[ \t]*` + regexp.QuoteMeta(r.folder()) + `(/.*)?$`)
	for part := range strings.SplitSeq(r.tells(maintainersFile), "\n\n") {
		if own.MatchString(part) {
			return strings.TrimLeft(part, "\n")
		}
	}
	return ""
}

// people finds the description, the title and the maintainers.
func (r *reader) people() {
	m := &r.p.Manifest
	for _, list := range []struct{ file, prefix string }{{specFile, "- lib"}, {controlFile, "  - "}} {
		line := regexp.MustCompile(`(?m)^` + list.prefix + regexp.QuoteMeta(m.Name) + `:[ \t]*(\S.*?)[ \t]*$`)
		if found := line.FindStringSubmatch(r.tells(list.file)); found != nil {
			m.Description = found[1]
			r.found(fieldDescription, m.Description, r.where+" "+list.file)
			break
		}
	}
	if m.Description == "" {
		m.Description = skeleton.Description(m.Name)
		r.ask(fieldDescription, "what is the hardware called? No file says it.")
	}
	section := r.section()
	title, _, _ := strings.Cut(section, "\n")
	if title = forModule.ReplaceAllString(title, ""); title != strings.ToUpper(m.Name)+" USERSPACE PROVIDER" {
		m.Title = title
	}
	var people []provider.Maintainer
	for _, one := range personLine.FindAllStringSubmatch(section, -1) {
		people = append(people, provider.Maintainer{Name: strings.Trim(one[1], `"`), Email: one[2]})
	}
	from := r.where + " " + maintainersFile
	if r.Maintainer != (provider.Maintainer{}) {
		people, from = slices.Insert(people[:0], 0, r.Maintainer), "-maintainer"
	}
	if len(people) == 0 {
		m.Maintainer = provider.Maintainer{Name: skeleton.NobodyName, Email: skeleton.NobodyEmail}
		r.ask(fieldMaintainer, "who maintains the provider?",
			"a name and an address; provider:adopt -maintainer=\"NAME <ADDRESS>\" writes them")
		return
	}
	m.Maintainer, m.CoMaintainers = people[0], people[1:]
	text := m.Maintainer.Name + " <" + m.Maintainer.Email + ">"
	if n := len(m.CoMaintainers); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	r.found(fieldMaintainer, text, from)
}

// module finds the kernel module: as MAINTAINERS says, or README.md.
func (r *reader) module() {
	m := &r.p.Manifest
	title, _, _ := strings.Cut(r.section(), "\n")
	if names := moduleName.FindAllString(title, -1); len(names) == 1 || slices.Contains(names, m.Name+".ko") {
		m.KernelModule = names[0]
		if len(names) > 1 {
			m.KernelModule = m.Name + ".ko"
		}
		r.found(fieldModule, m.KernelModule, r.where+" "+maintainersFile)
		return
	}
	listed := regexp.MustCompile(`(?m)^ *- (\S*` + regexp.QuoteMeta(m.Name) + `\S*\.ko)$`)
	if one := listed.FindStringSubmatch(r.tells(readmeFile)); one != nil {
		m.KernelModule = one[1]
		r.found(fieldModule, m.KernelModule, r.where+" "+readmeFile)
		return
	}
	r.ask(fieldModule, "what is the kernel module called? Without it, README.md and MAINTAINERS do not name it.",
		"kernelModule: "+m.Name+".ko")
}

// copyright takes the paragraph of debian/copyright, and the licence of the notices where most files have no SPDX line.
func (r *reader) copyright() {
	m := &r.p.Manifest
	own := "Files: " + r.folder() + "/*"
	for part := range strings.SplitSeq(r.tells(copyrightFile), "\n\n") {
		if !strings.HasPrefix(strings.TrimLeft(part, "\n"), own+"\n") {
			continue
		}
		m.Copyright, m.License = paragraph(part)
		r.found(fieldCopyright, strings.Join(m.Copyright, "; "), r.where+" "+copyrightFile)
	}
	if m.License != "" && r.draft.CheckNames() != nil {
		m.License = "" // the files' SPDX lines say another one, and are right
	}
	given := m.License
	m.License = ""
	said, err := r.p.Copyright()
	if err != nil || said.License != "" && (given == "" || given == said.License) {
		return // the files say it; examine reports what cannot be read
	}
	if m.License = given; given != "" {
		return
	}
	if terms, all := r.notices(); all {
		m.License = terms.String()
		r.found(fieldCopyright, m.License, "the notices of the files")
		return
	}
	r.ask(fieldCopyright, "what is the license, by the names of debian/copyright? Not all files say it.",
		"license: BSD-MIT or GPL-2 (OpenIB.org's and the GPL)", "license: BSD-2-clause or GPL-2", "license: BSD-3-clause or GPL-2")
}

// paragraph reads the holders and the license of a paragraph of debian/copyright.
func paragraph(text string) (holders []string, license string) {
	field := ""
	for line := range strings.Lines(text) {
		value := line
		if key, rest, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
			field, value = key, rest
		}
		switch value = strings.TrimSpace(value); {
		case value == "":
		case field == "Copyright":
			holders = append(holders, value)
		case field == "License" && license == "":
			license = value
		}
	}
	return holders, license
}

// notices is the licence of all sources together, by their SPDX lines and by the words that were used before these. all is false if
// one has neither.
func (r *reader) notices() (terms spdx.Terms, all bool) {
	headers := r.p.Manifest.KernelHeaders()
	for _, f := range r.p.Files {
		if f.Kind() != provider.KindSource || slices.Contains(headers, f.Name) {
			continue
		}
		said, _, ok := f.SPDX()
		if !ok {
			said = oldLicence(f)
		}
		one, err := spdx.Parse(said)
		if err == nil && terms != nil {
			one, err = terms.And(one)
		}
		if err != nil {
			return nil, false
		}
		terms = one
	}
	return terms, terms != nil
}

// oldLicence reads the choice of licences in a notice without an SPDX line, "" if it is none that rdma-core has.
func oldLicence(f provider.File) string {
	notice := strings.Join(strings.Fields(strings.ReplaceAll(string(f.Notice()), "*", " ")), " ")
	if !strings.Contains(notice, "General Public License") && !strings.Contains(notice, "GPL") {
		return ""
	}
	switch {
	case strings.Contains(notice, "OpenIB.org BSD"):
		return "BSD-MIT or GPL-2"
	case strings.Contains(notice, "Redistribution and use") && strings.Contains(strings.ToLower(notice), "neither the name"):
		return "BSD-3-clause or GPL-2"
	case strings.Contains(notice, "Redistribution and use"):
		return "BSD-2-clause or GPL-2"
	}
	return ""
}

const coherentDMA = "HAVE_COHERENT_DMA"

// coherence finds the conditions around the add_subdirectory() of the tree, or guesses by what the sources include: a provider that
// maps its device's memory needs the barriers that only coherent architectures have.
func (r *reader) coherence() {
	m := &r.p.Manifest
	if cmds := r.topCommands(); cmds != nil {
		for i := range cmds {
			if addedDir(&cmds[i]) == r.folder() {
				r.conditions(cmds, cmds[i].Blocks)
				r.found(fieldCMake, r.cmakeText(), fmt.Sprintf("the tree's %s:%d", provider.TopCMake, cmds[i].Line))
				return
			}
		}
	}
	for _, f := range r.src.Files {
		for _, t := range f.Tokens {
			if in := t.Included(); in == "util/udma_barrier.h" || in == "util/mmio.h" {
				m.CMake.CoherentDMA = true
				r.found(fieldCMake, r.cmakeText(), r.at(f, t.Start)+", which includes "+in)
				return
			}
		}
	}
	r.found(fieldCMake, r.cmakeText(), "sources without util/udma_barrier.h and util/mmio.h")
}

func (r *reader) cmakeText() string {
	m := r.p.Manifest.CMake
	text := fmt.Sprintf("coherentDMA: %t", m.CoherentDMA)
	if m.Condition != "" {
		text += ", if (" + m.Condition + ")"
	}
	if len(m.Subdirectories) > 0 {
		text += ", with " + strings.Join(m.Subdirectories, ", ")
	}
	return text
}

// conditions reads the blocks around a command.
func (r *reader) conditions(cmds []cmake.Command, blocks []cmake.Block) {
	m := &r.p.Manifest.CMake
	var all []string
	for _, b := range blocks {
		open := &cmds[b.Open]
		text := strings.Join(open.Texts(), " ")
		switch {
		case open.Name != cmake.If || b.Branch > 0:
			const form = "the tree adds the provider in a branch of %s(%s). Under which condition is it built?"
			r.ask(fieldCMake, fmt.Sprintf(form, open.Name, text))
		case text == coherentDMA:
			m.CoherentDMA = true
		default:
			all = append(all, text)
		}
	}
	if len(all) > 1 {
		for i := range all {
			all[i] = "(" + all[i] + ")"
		}
	}
	m.Condition = strings.Join(all, " AND ")
}
