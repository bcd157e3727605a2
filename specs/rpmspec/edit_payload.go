// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Payload is a provider's installed files except its plug-in, which the spec's globs cover.
type Payload struct {
	Name string
	// SoMajor is the number of libNAME.so, "" for a provider without a library of
	// its own for programs.
	SoMajor string
	// Coherent says that the provider is built only where the machine has coherent
	// DMA; SUSE's spec has a condition for that.
	Coherent  bool
	Headers   []string // below infiniband/
	PkgConfig bool     // libNAME.pc
	Pages     []Page
	Files     []File
	// Replaced is the payload of the release's own provider of this name, nil if it is not
	// replaced.
	Replaced *Payload
}

// Page is a manual page.
type Page struct {
	Section int
	Name    string
}

// File is a file that is neither code nor documentation.
type File struct {
	Dir  Dir
	Name string
}

// Dir is the destination of a File; the spec's call of cmake decides which directory that is.
type Dir int

const (
	// UdevRules is for rules of udev.
	UdevRules Dir = iota
	// Modprobe is for configuration of modprobe, where the package wants it.
	Modprobe
	// EtcModprobe is the same below /etc.
	EtcModprobe
	// LibExec is for programs that these run.
	LibExec
)

var (
	soMajor     = regexp.MustCompile(`^[0-9]{1,4}$`)
	payloadName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@+-]*$`)
)

// AddPayload adds a provider's installed files to redhat/rdma-core.spec, or a spec derived from it, as
// upstream does: the library in %files of libibverbs, its manual pages in %files devel, or of libibverbs
// if there is no library, and its other files in %files. A distro with only one package has no libibverbs:
// there the main %files is used instead. Files that a line already covers, such as headers, are not added,
// and no added glob matches files that the spec has elsewhere. With Replaced, lines that would match
// nothing are removed.
//
// Errors: *ValueError for a name that cannot stand in a spec, *PlaceError.
func (s *Spec) AddPayload(p Payload) error {
	if err := p.check(); err != nil {
		return err
	}
	return s.edit(func(c *Spec) error {
		if err := c.dropReplaced(p); err != nil {
			return err
		}
		if p.SoMajor != "" {
			lib := "%{_libdir}/lib" + p.Name + ".so." + p.SoMajor
			list := regexp.MustCompile(`^%\{_libdir\}/lib([A-Za-z0-9_]+)\*?\.so\.\*$`)
			among := fileList{form: list, name: p.Name}
			if err := c.addFile(c.runtimePackage(), lib, "%{_libdir}/lib"+p.Name+".so.*", among, p); err != nil {
				return err
			}
		}
		return c.addShared(p)
	})
}

// runtimePackage is the package in which the providers are: libibverbs, or the
// main one in the spec of a distro that has no package of that name.
func (s *Spec) runtimePackage() string {
	if len(s.all(packageSection, verbsPackage))+len(s.all("files", verbsPackage)) == 0 {
		return ""
	}
	return verbsPackage
}

// addShared adds what all specs have in the same way.
func (s *Spec) addShared(p Payload) error {
	if p.SoMajor != "" {
		if err := s.addDevel(p); err != nil {
			return err
		}
	}
	if err := s.addPages(p); err != nil {
		return err
	}
	for _, f := range p.Files {
		path := s.folder(f.Dir) + "/" + f.Name
		text := path
		if strings.HasPrefix(path, "%{_sysconfdir}/") || strings.HasPrefix(path, "/etc/") {
			text = "%config(noreplace) " + path
		}
		form := regexp.MustCompile(`^(?:%config\(noreplace\) )?` + regexp.QuoteMeta(strings.ToValidUTF8(s.folder(f.Dir), "\uFFFD")) + `/([A-Za-z0-9][^/]*)$`)
		if err := s.addFile("", path, text, fileList{form: form, name: f.Name}, p); err != nil {
			return err
		}
	}
	return nil
}

// addDevel sees to it that %files devel has what a library's users build with.
func (s *Spec) addDevel(p Payload) error {
	paths := []string{"%{_libdir}/lib" + p.Name + ".so"}
	for _, h := range p.Headers {
		paths = append(paths, "%{_includedir}/infiniband/"+h)
	}
	if p.PkgConfig {
		paths = append(paths, "%{_libdir}/pkgconfig/lib"+p.Name+".pc")
	}
	for _, path := range paths {
		folder := path[:strings.LastIndexByte(path, '/')]
		form := regexp.MustCompile(`^` + regexp.QuoteMeta(folder) + `/([A-Za-z0-9*][^/]*)$`)
		if err := s.addFile("-devel", path, path, fileList{form: form, name: path[len(folder)+1:]}, p); err != nil {
			return err
		}
	}
	return nil
}

// fileList is the lines of a %files section among which a new one goes: those
// that form matches, sorted by what it captures.
type fileList struct {
	form *regexp.Regexp
	name string
}

// addFile adds a line for path to the %files of a package, unless the spec has
// one that covers it.
func (s *Spec) addFile(pkg, path, text string, list fileList, p Payload) error {
	if s.covered(path) {
		return nil
	}
	sec, err := s.one("files", pkg)
	if err != nil {
		return err
	}
	inCoherent := s.coherent()
	var all, coherent []entry
	for i := sec.body(); i < sec.end; i++ {
		m := list.form.FindStringSubmatch(normal(s.lines[i].text))
		if m == nil || !s.lines[i].start || s.lines[i].glued {
			continue
		}
		e := entry{name: m[1], first: i, last: i}
		if inCoherent[i] {
			coherent = append(coherent, e)
		} else {
			all = append(all, e)
		}
	}
	under := p.Coherent && s.hasCoherent()
	switch {
	case under && len(coherent) > 0:
		return s.insertAmong(coherent, list.name, text)
	case under:
		end := s.contentEnd(sec)
		if conditional(s.lines[end-1].text) == condEnd && inCoherent[end-1] {
			return s.insert(end-1, text) // into the one that an earlier line has made
		}
		return s.insert(end, coherentLine, text, "%endif")
	case len(all) > 0:
		return s.insertAmong(all, list.name, text)
	}
	return s.insert(s.contentEnd(sec), text)
}

// insertAmong puts lines before the first entry that sorts after name, or
// after the last, at the outermost depth that the entries have.
func (s *Spec) insertAmong(list []entry, name string, texts ...string) error {
	depth := s.lines[list[0].first].depth
	for _, e := range list {
		depth = min(depth, s.lines[e.first].depth)
	}
	for _, e := range list {
		if e.name > name {
			return s.insert(s.before(e.first, depth), texts...)
		}
	}
	return s.insert(s.after(list[len(list)-1].last, depth), texts...)
}

// contentEnd is the index after a section's last line with something on it,
// outside conditionals that the head is not in.
func (s *Spec) contentEnd(sec section) int {
	depth, at := s.lines[sec.head].depth, sec.body()
	for i := sec.body(); i < sec.end && s.lines[i].depth >= depth; i++ {
		l := s.lines[i]
		cond := conditional(l.text)
		blank := strings.TrimSpace(l.text) == "" || strings.HasPrefix(l.text, "#")
		if !l.start || l.depth == depth && !blank && (cond == condNone || cond == condEnd) {
			at = i + 1
		}
	}
	return at
}

// coherentLine begins the conditional that SUSE's spec has for coherent DMA.
const coherentLine = "%if 0%{?dma_coherent}"

var coherentIf = regexp.MustCompile(`^[ \t]*%if[ \t]+0?%\{\?dma_coherent\}[ \t]*$`)

// coherent says of each line whether it stands in a conditional for coherent DMA.
func (s *Spec) coherent() []bool {
	out := make([]bool, len(s.lines))
	var open []bool
	for i, l := range s.lines {
		out[i] = slices.Contains(open, true)
		if !l.start {
			continue
		}
		switch conditional(l.text) {
		case condIf:
			open = append(open, coherentIf.MatchString(l.text))
		case condElse:
			open[len(open)-1] = false
		case condEnd:
			open = open[:len(open)-1]
		case condNone:
		}
	}
	return out
}

func (s *Spec) hasCoherent() bool {
	return slices.ContainsFunc(s.lines, func(l line) bool { return l.start && coherentIf.MatchString(l.text) })
}

// folder is where the spec's call of cmake has a Dir, or where CMake has it by
// itself.
func (s *Spec) folder(d Dir) string {
	variable, otherwise := "CMAKE_INSTALL_MODPROBEDIR", "%{_sysconfdir}/modprobe.d"
	switch d {
	case EtcModprobe:
		return otherwise
	case UdevRules:
		variable, otherwise = "CMAKE_INSTALL_UDEV_RULESDIR", "%{_prefix}/lib/udev/rules.d"
	case LibExec:
		variable, otherwise = "CMAKE_INSTALL_LIBEXECDIR", "%{_libexecdir}"
	default:
	}
	set := regexp.MustCompile(`(?:^|[ \t])-D` + variable + `(?::[A-Z]+)?=(\S+)`)
	for _, l := range s.lines {
		if m := set.FindStringSubmatch(l.text); m != nil {
			return strings.TrimSuffix(normal(m[1]), "/")
		}
	}
	return otherwise
}

// check refuses what would not be one word of a spec.
func (p Payload) check() error {
	if !providerName.MatchString(p.Name) {
		return &ValueError{What: "provider name", Value: p.Name, Want: "letters, digits and underscores"}
	}
	if p.SoMajor != "" && !soMajor.MatchString(p.SoMajor) {
		return &ValueError{What: "number of the library", Value: p.SoMajor, Want: "digits"}
	}
	names := slices.Clone(p.Headers)
	for _, f := range p.Files {
		names = append(names, f.Name)
	}
	for _, page := range p.Pages {
		names = append(names, page.Name)
		if page.Section < 1 || page.Section > 9 {
			return &ValueError{What: "manual section", Value: fmt.Sprint(page.Section), Want: "1 to 9"}
		}
	}
	for _, name := range names {
		if !payloadName.MatchString(name) {
			return &ValueError{What: "name of an installed file", Value: name, Want: "letters, digits and _ - + . @"}
		}
	}
	return nil
}
