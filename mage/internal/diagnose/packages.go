// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"crypto/md5" //nolint:gosec // dpkg records these sums
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// packages is what the package manager knows of the files that libibverbs reads.
type packages struct {
	manager string            // "dpkg", "rpm", or "" for none that can be asked
	owner   map[string]string // file as it was asked for -> package
	gone    map[string]bool   // packages that were removed and left configuration files
	// changed are findings of the verification: package -> files that differ or are missing, with what is wrong.
	changed map[string][]string
}

const (
	dpkgInfo   = "/var/lib/dpkg/info"
	dpkgStatus = "/var/lib/dpkg/status"
	rpmData    = "/var/lib/rpm"
	rpmSysimg  = "/usr/lib/sysimage/rpm"

	maxDpkgBytes = 256 << 20 // of all lists together
)

// readPackages asks the package manager who owns files, and which of the owners' files were changed.
func (a *asker) readPackages(ctx context.Context, files []string) {
	p := &packages{owner: map[string]string{}, gone: map[string]bool{}, changed: map[string][]string{}}
	a.packages = p
	switch a.origin {
	case FromInstallation:
		a.skip("the package manager's database, which an installation changes; older versions of these packages' files are still there")
		return
	case FromPackages:
		return
	case FromMachine, FromImage:
	}
	if a.tree.Has(dpkgStatus) {
		p.manager = "dpkg"
		a.askDpkg(files)
	}
	// A machine of one may have the other for tools: what owns nothing of libibverbs has not installed it.
	if len(p.owner) > 0 || !a.tree.Has(rpmData) && !a.tree.Has(rpmSysimg) {
		return
	}
	p.manager = ""
	if a.live.Run == nil {
		a.skip("rpm's database, which only rpm on the machine itself reads")
		return
	}
	p.manager = "rpm"
	a.askRPM(ctx, files)
}

// isStale says whether a file in the directory of drivers is a leftover: by its name, or because no installed package has it
// where packages have others.
func (a *asker) isStale(file string) bool {
	for _, end := range []string{".rpmsave", ".rpmorig", ".rpmnew", ".dpkg-old", ".dpkg-dist", ".dpkg-new", "~", ".bak", ".orig"} {
		if strings.HasSuffix(file, end) {
			return true
		}
	}
	owner, owned := a.packages.owner[file]
	return a.packages.manager != "" && (!owned || a.packages.gone[owner])
}

// packageOf is " (package NAME)" for a file's owner, "" if it has none.
func (a *asker) packageOf(file string) string {
	if owner := a.packages.owner[file]; owner != "" {
		return " (package " + show(owner) + ")"
	}
	return ""
}

// spellings are the paths that a package may have for a file: where /lib is a link to /usr/lib, packages have either.
func spellings(file string) []string {
	if rest, ok := strings.CutPrefix(file, "/usr"); ok {
		return []string{file, rest}
	}
	return []string{file, "/usr" + file}
}

// askDpkg reads dpkg's lists, sums and states of configuration files, which are text.
func (a *asker) askDpkg(files []string) {
	wanted := map[string][]string{}
	for _, file := range files {
		for _, s := range spellings(file) {
			wanted[s] = append(wanted[s], file)
		}
	}
	names, _ := a.tree.Names(dpkgInfo)
	slices.Sort(names)
	left := maxDpkgBytes
	for _, name := range names {
		pkg, ok := strings.CutSuffix(name, ".list")
		if !ok || left <= 0 {
			continue
		}
		data, _ := a.tree.ReadFile(path.Join(dpkgInfo, name), maxList)
		left -= len(data)
		for line := range strings.Lines(string(data)) {
			for _, file := range wanted[strings.TrimSuffix(line, "\n")] {
				a.packages.owner[file] = pkg
			}
		}
	}
	owners := a.owners()
	conffiles := a.dpkgConffiles(owners)
	if a.origin == FromImage && len(owners) > 0 {
		a.skip("whether files of packages were changed: of an image, not all files are read")
		return
	}
	for _, pkg := range owners {
		a.verifyDpkg(pkg, conffiles[pkg])
	}
}

// owners are the packages that own a file, sorted.
func (a *asker) owners() []string {
	var all []string
	for _, pkg := range a.packages.owner {
		if !slices.Contains(all, pkg) {
			all = append(all, pkg)
		}
	}
	slices.Sort(all)
	return all
}

// dpkgConffiles gives the sums of the configuration files of packages, and marks the packages that are gone. A list of a package for
// one of several architectures is called NAME:ARCH.list.
func (a *asker) dpkgConffiles(owners []string) map[string]map[string]string {
	data, err := a.tree.ReadFile(dpkgStatus, maxELF)
	if err != nil {
		return nil
	}
	found := map[string]map[string]string{}
	for paragraph := range strings.SplitSeq(string(data), "\n\n") {
		fields := fieldsOf(paragraph)
		for _, pkg := range owners {
			name, arch, _ := strings.Cut(pkg, ":")
			if name != fields["Package"] || arch != "" && arch != fields["Architecture"] {
				continue
			}
			a.packages.gone[pkg] = !strings.HasSuffix(fields["Status"], " installed")
			found[pkg] = map[string]string{}
			for line := range strings.Lines(fields["Conffiles"]) {
				if words := strings.Fields(line); len(words) == 2 { //nolint:mnd // path and sum
					found[pkg][words[0]] = words[1]
				}
			}
		}
	}
	return found
}

// fieldsOf are the fields of a paragraph of dpkg's, with the lines that continue them.
func fieldsOf(paragraph string) map[string]string {
	fields := map[string]string{}
	field := ""
	for line := range strings.Lines(paragraph) {
		if name, text, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
			field = name
			fields[field] = strings.TrimSpace(text)
			continue
		}
		fields[field] += line
	}
	return fields
}

// verifyDpkg compares a package's files with its sums.
func (a *asker) verifyDpkg(pkg string, conffiles map[string]string) {
	if a.packages.gone[pkg] {
		return
	}
	check := func(file, sum string) {
		if what := a.compare(file, sum); what != "" {
			a.packages.changed[pkg] = append(a.packages.changed[pkg], file+" "+what)
		}
	}
	data, _ := a.tree.ReadFile(path.Join(dpkgInfo, pkg+".md5sums"), maxList)
	for line := range strings.Lines(string(data)) {
		if sum, file, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok {
			check("/"+file, sum)
		}
	}
	for file, sum := range conffiles {
		check(file, sum)
	}
	slices.Sort(a.packages.changed[pkg])
}

// compare says what is wrong with a file, "" for nothing. One that may not be read is left to root.
func (a *asker) compare(file, sum string) string {
	data, err := a.tree.ReadFile(file, maxELF)
	if err != nil {
		if !a.exists(file) {
			return "missing"
		}
		a.skip("files of packages that only root may read")
		return ""
	}
	have := md5.Sum(data) //nolint:gosec // dpkg records these sums
	if hex.EncodeToString(have[:]) != sum {
		return "changed"
	}
	return ""
}

// askRPM runs rpm, whose database has a form of its own.
func (a *asker) askRPM(ctx context.Context, files []string) {
	for _, file := range files {
		out, err := a.live.Run(ctx, "rpm", "-qf", "--qf", "%{NAME}\n", file)
		if errors.Is(err, exec.ErrNotFound) {
			a.packages.manager = ""
			a.skip("rpm's database: there is no rpm")
			return
		}
		if name, _, _ := strings.Cut(string(out), "\n"); err == nil && name != "" {
			a.packages.owner[file] = name
		}
	}
	owners := a.owners()
	if len(owners) == 0 {
		return
	}
	for _, pkg := range owners {
		out, _ := a.live.Run(ctx, "rpm", "-V", "--nodeps", "--noscripts", pkg) // its status says only that there is output
		for line := range strings.Lines(string(out)) {
			if file, what := verifyLine(line); what != "" {
				a.packages.changed[pkg] = append(a.packages.changed[pkg], file+" "+what)
			}
		}
		slices.Sort(a.packages.changed[pkg])
	}
}

// verifyLine reads a line of rpm -V: "missing     /path", or nine letters or dots, perhaps a letter for the kind of file, and its path.
// What does not change the content, such as the time, says nothing.
func verifyLine(line string) (file, what string) {
	at := strings.Index(line, " /")
	words := strings.Fields(line)
	if at < 0 || len(words) == 0 {
		return "", ""
	}
	file = strings.TrimSuffix(line[at+1:], "\n")
	switch {
	case words[0] == "missing":
		return file, "missing"
	case strings.ContainsAny(words[0], "S5L"):
		return file, "changed"
	default:
		return file, ""
	}
}

// packageFindings say which packages of libibverbs and providers have changed files.
func (a *asker) packageFindings() {
	for _, pkg := range a.owners() {
		files := a.packages.changed[pkg]
		if len(files) == 0 {
			continue
		}
		text := fmt.Sprintf("%d files of package %s are not as it installed them: %s", len(files), show(pkg), showWords(files[0]))
		if len(files) == 1 {
			text = fmt.Sprintf("a file of package %s is not as it installed it: %s", show(pkg), showWords(files[0]))
		}
		command := map[string]string{"dpkg": "dpkg -V ", "rpm": "rpm -V "}[a.packages.manager] + show(pkg)
		a.add(note(ReasonPackageChanged, text, "see "+command+"; if nobody changed them on purpose, install the package again"))
	}
}

// showWords is show for a path and a word behind it.
func showWords(s string) string {
	at := strings.LastIndex(s, " ")
	return show(s[:at]) + s[at:]
}
