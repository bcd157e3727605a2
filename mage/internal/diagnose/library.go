// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"path"
	"regexp"
	"slices"
	"strconv"
)

// soName is the library that programs are linked with.
const soName = "libibverbs.so.1"

// Library is a libibverbs. The first one is what a program gets.
type Library struct {
	File string `json:"file"`
	Real string `json:"real"` // without symbolic links
	Via  string `json:"via"`  // how the loader finds it, "" if it does not
	// PrivateABI is the NN of IBVERBS_PRIVATE_NN, 0 if it is not known.
	PrivateABI int `json:"privateAbi"`
	// ProviderDir is where it looks for modules first, "" for nowhere; Suffix is the end of their names.
	ProviderDir string `json:"providerDir,omitempty"`
	Suffix      string `json:"suffix,omitempty"`
	ConfigDir   string `json:"configDir,omitempty"`
	Error       string `json:"error,omitempty"` // why it cannot be loaded

	scope []*object
	err   *LoadError
}

const defaultConfigDir = "/etc/libibverbs.d"

var (
	moduleFormat  = regexp.MustCompile(`(/[!-~]+/)?lib%s(-rdmav[0-9]{1,9}\.so)\x00`)
	configFormat  = regexp.MustCompile(`/[!-~]+/libibverbs\.d\x00`)
	privateFormat = regexp.MustCompile(`^IBVERBS_PRIVATE_([0-9]{1,9})$`)
)

// readLibrary says of a libibverbs what it loads: both are texts in the file.
func (l *loader) readLibrary(place search) Library {
	lib := Library{File: place.file, Via: place.via, ConfigDir: defaultConfigDir}
	lib.Real, _ = l.tree.Real(place.file)
	lib.scope, lib.err = l.load(place.file, nil)
	if lib.err != nil {
		lib.Error = lib.err.Error()
	}
	o, err := l.object(place.file)
	if err != nil {
		return lib
	}
	for _, name := range o.defines {
		if m := privateFormat.FindStringSubmatch(name); m != nil {
			lib.PrivateABI, _ = strconv.Atoi(m[1])
		}
	}
	for _, m := range moduleFormat.FindAllSubmatch(o.data, -1) {
		lib.Suffix = string(m[2])
		if len(m[1]) > 0 {
			lib.ProviderDir = path.Clean(string(m[1]))
		}
	}
	if m := configFormat.Find(o.data); m != nil {
		lib.ConfigDir = string(m[:len(m)-1])
	}
	return lib
}

// elsewhere are places in which vendors put a libibverbs that the loader does not find by itself.
func elsewhere() []string {
	return []string{
		"/usr/local/lib", "/usr/local/lib64", "/usr/lib", "/usr/lib64", "/usr/lib/*",
		"/opt/*/lib", "/opt/*/lib64", "/opt/*/usr/lib", "/opt/*/usr/lib64", "/opt/*/*/lib", "/opt/*/*/lib64", "/usr/*/lib", "/usr/*/lib64",
	}
}

// libraries finds every libibverbs: first those in the loader's search path in its order, then others.
func (l *loader) libraries() []Library {
	var all []Library
	seen := map[string]bool{}
	add := func(place search) {
		target, err := l.tree.Real(place.file)
		if err != nil || seen[target] {
			return
		}
		seen[target] = true
		if o, _ := l.object(place.file); l.others(o) {
			return
		}
		all = append(all, l.readLibrary(place))
	}
	for _, place := range l.places(soName, nil) {
		add(place)
	}
	for _, pattern := range elsewhere() {
		for _, file := range l.tree.glob(pattern + "/" + soName) {
			add(search{file: file})
		}
	}
	return all
}

// confButNotCache is a libibverbs in a directory that ld.so.conf names and that ld.so.cache does not know, "" for none.
func (l *loader) confButNotCache(libs []Library) string {
	for _, dir := range l.tree.confDirs() {
		file := path.Join(dir, soName)
		if !l.tree.Has(file) || slices.Contains(l.system, dir) {
			continue
		}
		target, _ := l.tree.Real(file)
		if !slices.ContainsFunc(libs, func(lib Library) bool { return lib.Real == target && lib.Via != "" }) {
			return file
		}
	}
	return ""
}
