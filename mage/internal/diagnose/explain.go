// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// refusedFile explains a file that the user may not read.
func refusedFile(reason Reason, file string) *Finding {
	return fault(reason, show(file)+" may not be read by this user", "give all users the right to read it: chmod a+r "+show(file))
}

// badLine explains a line in a driver's file that libibverbs ignores.
func badLine(f driverFile, name string) *Finding {
	text := fmt.Sprintf("%s: %s is not \"driver NAME\"", show(f.path), f.bad[0])
	return fault(ReasonFileBad, text, "write the line as: driver "+show(name))
}

// abiOf is the number in a suffix.
func abiOf(suffix string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(suffix, "-rdmav"), ".so"))
	return n
}

// loadFinding explains why the loader refuses a module.
func (a *asker) loadFinding(e *LoadError) *Finding {
	wants := 0
	if m := privateFormat.FindStringSubmatch(e.Version); m != nil {
		wants, _ = strconv.Atoi(m[1])
	}
	if wants != 0 && wants != a.lib.PrivateABI {
		return a.otherABI(e.By, wants)
	}
	switch e.Reason {
	case ReasonLibraryMissing:
		return fault(e.Reason, e.Error(), a.missingLibraryAdvice(e.Needs))
	case ReasonVersionMissing, ReasonSymbolMissing:
		return fault(e.Reason, e.Error(),
			"install a build of "+show(path.Base(e.File))+" for this distribution and this release of rdma-core")
	case ReasonModuleArch:
		return fault(e.Reason, e.Error(), "install its package for this architecture")
	default:
		if errors.Is(e.Cause, fs.ErrPermission) {
			return refusedFile(ReasonModuleBad, e.By)
		}
		return fault(ReasonModuleBad, e.Error(), "install its package again"+a.packageOf(e.By))
	}
}

func (a *asker) otherABI(module string, wants int) *Finding {
	text := fmt.Sprintf("%s is for libibverbs with private ABI %d; %s has %d",
		show(path.Base(module)), wants, show(a.lib.File), a.lib.PrivateABI)
	return fault(ReasonModuleABI, text, a.abiAdvice())
}

func (a *asker) abiAdvice() string {
	return fmt.Sprintf("install the provider's package for private ABI %d, or the libibverbs that it is for", a.lib.PrivateABI)
}

// missingLibraryAdvice says where a library is that the loader does not find.
func (a *asker) missingLibraryAdvice(name string) string {
	for _, dir := range a.tree.confDirs() {
		if a.tree.Has(path.Join(dir, name)) {
			return fmt.Sprintf("run ldconfig: %s has %s, and ld.so.cache does not know it", show(dir), show(name))
		}
	}
	return "install the package that has " + show(name)
}

// missing explains a driver without a module.
func (a *asker) missing(r request, name string) *Finding {
	if !r.possible() {
		return impossible(r)
	}
	want := "lib" + r.name + a.lib.Suffix
	if path.IsAbs(r.name) {
		want = r.name + a.lib.Suffix
	}
	var there *Finding
	for _, file := range a.modules {
		if n, suffix := driverName(file); n == name {
			there = a.misplaced(file, suffix)
		}
	}
	switch {
	case r.line == 0:
		return fault(ReasonEnvironment, fmt.Sprintf("%s names driver %s, and there is no %s", r, show(r.name), show(want)),
			"unset "+r.by+", or correct it")
	case there != nil:
		return there
	case a.isStale(r.by):
		return fault(ReasonFileStale, fmt.Sprintf("%s is left of a package that is gone: there is no %s", r, show(want)),
			"remove the file, or install the provider's package")
	default:
		want = path.Join(a.lib.ProviderDir, want)
		return fault(ReasonModuleMissing, fmt.Sprintf("%s names driver %s, and there is no %s", r, show(r.name), show(want)),
			"install the provider's package for private ABI "+strconv.Itoa(a.lib.PrivateABI)+a.packageOf(r.by))
	}
}

// misplaced explains a module that is where or what this libibverbs does not look for, nil if it is neither.
func (a *asker) misplaced(file, suffix string) *Finding {
	dir := path.Dir(file)
	if dir == a.lib.ProviderDir && suffix == a.lib.Suffix {
		return nil
	}
	for _, lib := range a.report.Libraries[1:] {
		if lib.Suffix == suffix && a.sameDir(lib.ProviderDir, dir) {
			text := fmt.Sprintf("%s is for %s, and programs get %s", show(file), show(lib.File), show(a.lib.File))
			return fault(ReasonOtherLibrary, text, a.choose(lib))
		}
	}
	if suffix != a.lib.Suffix {
		text := fmt.Sprintf("%s is for private ABI %d; %s has %d", show(file), abiOf(suffix), show(a.lib.File), a.lib.PrivateABI)
		return fault(ReasonModuleABI, text, a.abiAdvice())
	}
	if a.sameDir(dir, a.lib.ProviderDir) {
		return nil
	}
	text := fmt.Sprintf("%s is not where %s looks: %s", show(file), show(a.lib.File), show(a.lib.ProviderDir))
	return fault(ReasonModuleElsewhere, text, "install the provider's package for this distribution")
}

func (a *asker) sameDir(x, y string) bool {
	rx, errX := a.tree.Real(x)
	ry, errY := a.tree.Real(y)
	return errX == nil && errY == nil && rx == ry
}

// choose says how a program gets another libibverbs than it does.
func (a *asker) choose(lib Library) string {
	switch {
	case a.lib.Via == "LD_LIBRARY_PATH":
		return "unset LD_LIBRARY_PATH, or remove " + show(path.Dir(a.lib.File)) + " from it"
	case lib.Via == "":
		return "add " + show(path.Dir(lib.File)) + " to LD_LIBRARY_PATH, or install the provider for " + show(a.lib.File)
	default:
		return "remove " + show(a.lib.File) + ", or install the provider for it"
	}
}

// unasked explains a module that libibverbs is not told to load.
func (a *asker) unasked(file string) *Provider {
	name, suffix := driverName(file)
	p := &Provider{Name: name, Module: file}
	a.inspect(p, file)
	if p.Why = a.misplaced(file, suffix); p.Why != nil {
		return p
	}
	dir := a.config.dir
	want := path.Join(dir, name+".driver")
	if a.config.err != nil {
		p.Why = a.configFinding()
		return p
	}
	p.Why = fault(ReasonFileMissing, fmt.Sprintf("no file in %s names driver %s, whose module is %s", show(dir), show(name), show(file)),
		fmt.Sprintf("install the provider's package again, or write the line \"driver %s\" into %s", show(name), show(want)))
	for _, f := range a.config.files {
		if f.path == want {
			p.Why = cmp.Or(nameless(f, name), p.Why)
		}
	}
	return p
}

// nameless explains why a file does not name the driver that it is called after, nil if it names another.
func nameless(f driverFile, name string) *Finding {
	switch {
	case errors.Is(f.err, fs.ErrPermission):
		return refusedFile(ReasonConfigRefused, f.path)
	case errors.Is(f.err, fs.ErrNotExist):
		return fault(ReasonFileBad, show(f.path)+" is a link that leads nowhere", "install the provider's package again")
	case f.err != nil:
		return fault(ReasonFileBad, show(f.path)+" cannot be read: "+show(f.err.Error()), "install the provider's package again")
	case len(f.bad) > 0:
		return badLine(f, name)
	case len(f.requests) == 0:
		return fault(ReasonFileEmpty, show(f.path)+" is empty", "write the line into it: driver "+show(name))
	case !f.requests[0].possible():
		return impossible(f.requests[0])
	default:
		return nil
	}
}

// possible says whether a request names a driver: a line that ends as on Windows does not.
func (r request) possible() bool { return r.name != "" && !strings.HasSuffix(r.name, "\r") }

// String is the place of a request.
func (r request) String() string {
	if r.line > 0 {
		return fmt.Sprintf("%s:%d", show(r.by), r.line)
	}
	return show(r.by)
}

func impossible(r request) *Finding {
	return fault(ReasonFileBad, fmt.Sprintf("%s names no driver that can be: %q", r, r.name),
		"write the line as: driver NAME, without a carriage return")
}

// configFinding explains that libibverbs's directory of drivers cannot be read, nil if it can.
func (a *asker) configFinding() *Finding {
	switch dir := show(a.config.dir); {
	case a.config.err == nil:
		return nil
	case errors.Is(a.config.err, fs.ErrPermission):
		return fault(ReasonConfigRefused, dir+" may not be read by this user", "give all users the right to read it: chmod a+rx "+dir)
	case !errors.Is(a.config.err, fs.ErrNotExist):
		return fault(ReasonConfigRefused, dir+" cannot be read: "+show(a.config.err.Error()), "find out why: ls -l "+dir)
	default:
		return fault(ReasonNoConfigDir, dir+", which names the providers to load, is not there", "install the providers' packages again")
	}
}
