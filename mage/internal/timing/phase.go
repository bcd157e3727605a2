// SPDX-License-Identifier: Apache-2.0

package timing

// Phase is what a stage does at one time; its value is its name in timing.json.
type Phase string

// The phases, in the order in which a build goes through them.
const (
	Own  Phase = "own"  // verbsmith itself: keys, sums, the stage cache
	Wait Phase = "wait" // for a lock that another run holds

	Image  Phase = "image"   // an image is built or pulled
	Create Phase = "create"  // the container is created, with its volumes
	CopyIn Phase = "copy-in" // files go into the container
	Start  Phase = "start"   // the container is started

	Run       Phase = "run"       // output that says nothing else
	Prep      Phase = "prep"      // unpack and patch the source
	Configure Phase = "configure" // CMake
	Generate  Phase = "generate"  // other steps of ninja, such as headers made by a script
	Cython    Phase = "cython"
	Compile   Phase = "compile"
	Link      Phase = "link"
	ManPages  Phase = "manpages"
	Test      Phase = "test" // %check, dh_auto_test
	Install   Phase = "install"
	Debuginfo Phase = "debuginfo" // find-debuginfo, dh_strip, dh_dwz
	Scripts   Phase = "scripts"   // rpm's brp scripts, debhelper's other commands
	Files     Phase = "files"     // file lists and dependencies of the packages
	Write     Phase = "write"     // the packages are compressed and written
	Clean     Phase = "clean"     // the build directory is removed

	CopyOut Phase = "copy-out" // files come out of the container
	Commit  Phase = "commit"   // the container becomes an image
	Remove  Phase = "remove"   // the container is removed
)

// Phases lists all phases in their order.
func Phases() []Phase {
	return []Phase{
		Own, Wait, Image, Create, CopyIn, Start, Run, Prep, Configure, Generate, Cython, Compile, Link, ManPages, Test, Install,
		Debuginfo, Scripts, Files, Write, Clean, CopyOut, Commit, Remove,
	}
}

// Words is the phase in words.
func (p Phase) Words() string {
	words := map[Phase]string{
		Own: "verbsmith", Wait: "waiting", Image: "images", Create: "create container", CopyIn: "copy in", Start: "start container",
		Run: "other commands", Cython: "Cython", ManPages: "manual pages", Debuginfo: "debug data", Scripts: "brp scripts",
		CopyOut: "copy out", Remove: "remove container",
	}
	if text, ok := words[p]; ok {
		return text
	}
	return string(p)
}
