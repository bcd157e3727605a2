// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"maps"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

// Variation is something of the machine that a build should not notice.
type Variation struct {
	Name  string
	Title string // what is different; "": it is held still instead
	set   setting
}

// setting is what changes in a build's container.
type setting struct {
	env    map[string]string
	host   string
	umask  string
	folder string // first in PATH
	uid    int
	fixed  bool // addresses
}

const (
	year       = 365 * 24 * 60 * 60 // seconds
	otherUID   = 4711
	otherHome  = "/tmp"
	otherHost  = "varied.example.org"
	preloadDir = "/verbsmith-vary"
	preload    = "vary.so"
	hashSeed   = "PYTHONHASHSEED"
)

func env(vars map[string]string) setting { return setting{env: vars} }

// Variations are all variations, in the order in which they are tried.
func Variations() []Variation {
	return []Variation{
		{"clock", "the clock is three years ahead", env(map[string]string{"VARY_CLOCK": strconv.Itoa(3 * year)})},
		{"host", "another host and domain name", setting{host: otherHost, env: map[string]string{"VARY_DOMAIN": "example.org"}}},
		{"user", "another user, uid and home, without a name", setting{
			uid: otherUID, env: map[string]string{"HOME": otherHome, "USER": "varied", "LOGNAME": "varied"},
		}},
		{"umask", "umask 0077 in place of 0022", setting{umask: "0077"}},
		{"locale", "texts are sorted as in other languages, and messages asked for in them", env(map[string]string{
			"VARY_COLLATE": "1", "LANG": "et_EE.UTF-8", "LANGUAGE": "et",
		})},
		{"timezone", "14 hours ahead of UTC", env(map[string]string{"TZ": "XXX-14"})},
		{"cores", "one processor", env(map[string]string{"VARY_CORES": "1"})},
		{"kernel", "another kernel release", env(map[string]string{"VARY_KERNEL": "2.6.99-varied"})},
		{"environment", "other variables, and Python's hash seed", env(map[string]string{
			"VARIED": "yes", "BUILD_ID": "4711", "MAIL": "/tmp/varied", hashSeed: "4711",
		})},
		{"path", "another directory comes first in PATH", setting{folder: "/varied/bin"}},
		{"order", "directories are read in reverse order", env(map[string]string{"VARY_ORDER": "1"})},
		{"past", "the clock is three years behind", env(map[string]string{"VARY_CLOCK": strconv.Itoa(-3 * year)})},
	}
}

// together is all variations at once. The last one of two that exclude each other is left out.
func together() []string {
	var names []string
	for _, v := range Variations() {
		if v.Name != "past" {
			names = append(names, v.Name)
		}
	}
	return names
}

// pins hold something still that differs in each build.
func pins() []Variation {
	return []Variation{
		{"the time of day", "", env(map[string]string{"VARY_STOPPED": "1700000000"})},
		{"Python's hash seed", "", env(map[string]string{hashSeed: "0"})},
		{"a race between parallel steps", "", env(map[string]string{"VARY_CORES": "1"})},
		{"the addresses of memory", "", setting{fixed: true}},
		{"the order of directories", "", env(map[string]string{"VARY_ORDER": "1"})},
	}
}

// merge is all of them in one. The later ones win.
func merge(all []Variation) setting {
	one := setting{env: map[string]string{}}
	for _, v := range all {
		maps.Copy(one.env, v.set.env)
		for _, field := range []struct{ to, from *string }{
			{&one.host, &v.set.host}, {&one.umask, &v.set.umask}, {&one.folder, &v.set.folder},
		} {
			if *field.from != "" {
				*field.to = *field.from
			}
		}
		one.uid = max(one.uid, v.set.uid)
		one.fixed = one.fixed || v.set.fixed
	}
	return one
}

// apply changes a container that makes packages. library is the compiled preload.
func (s setting) apply(spec containers.RunSpec, library containers.Input, profile string) containers.RunSpec {
	spec.Env = maps.Clone(spec.Env)
	maps.Copy(spec.Env, s.env)
	spec.Env["VARY_PRELOAD"] = preloadDir + "/" + preload
	if s.fixed {
		spec.Seccomp, spec.Env["VARY_FIXED"] = profile, "1"
	}
	spec.Host = s.host
	spec.Inputs = slices.Clone(spec.Inputs)
	spec.Volumes = slices.Clone(spec.Volumes)
	if s.uid != 0 {
		s.own(&spec)
	}
	spec.Inputs = append(spec.Inputs, stage.ScriptInput(spec.Argv[0]), library)
	spec.Argv = append([]string{scripts.Vary, s.umask, s.folder}, spec.Argv...)
	return spec
}

// builderHome is the home of the images' builder, which some distributions let nobody else enter.
const builderHome = "builder/"

// own gives the container's files and volumes to another user.
func (s setting) own(spec *containers.RunSpec) {
	id := strconv.Itoa(s.uid)
	spec.User = id + ":" + id
	spec.Inputs = slices.Insert(spec.Inputs, 0, containers.Input{Path: "/", Write: ownedFolder(builderHome, s.uid)})
	for i, in := range spec.Inputs {
		if in.UID == stage.BuilderUID {
			spec.Inputs[i].UID, spec.Inputs[i].GID = s.uid, s.uid
		}
		if in.Write != nil {
			spec.Inputs[i].Write = reowned(in.Write, s.uid)
		}
	}
	for i, v := range spec.Volumes {
		if v.UID == stage.BuilderUID {
			spec.Volumes[i].UID, spec.Volumes[i].GID = s.uid, s.uid
		}
	}
}
