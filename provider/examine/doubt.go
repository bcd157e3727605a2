// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// Fields of the manifest that checks of other files depend on.
const (
	fieldName     = "name"
	fieldDriverID = "driverID"
	fieldDevice   = "device"
	fieldCMake    = "cmake"
	fieldPrivate  = "privateFiles"
	fieldReplaces = "replacesUpstream"
	fieldRequires = "buildRequires"
)

// subject is the examined provider. Fields of its manifest may have mistakes.
type subject struct {
	*provider.Provider

	doubtful map[string]bool
	refused  map[string]bool // existing files that were refused and reported
}

// doubts reports whether one of the manifest's fields has a mistake. Consequences in other
// files are then not reported, so that one mistake is reported once.
func (p *subject) doubts(fields ...string) bool {
	for _, field := range fields {
		if p.doubtful[field] {
			return true
		}
	}
	return false
}

// doubtsHeaders is doubts for the fields that name kernel headers.
func (p *subject) doubtsHeaders() bool { return p.doubts("abiHeader", "abiHeaders", "ioctlHeaders") }

// mayBeKernelHeader reports whether a file is one of the manifest's kernel headers, or may
// be one.
func (p *subject) mayBeKernelHeader(name string) bool {
	return p.doubtsHeaders() || slices.Contains(p.Manifest.KernelHeaders(), name)
}

func wantsRight(field string) string {
	return field + " of " + provider.ManifestName + " has a mistake"
}

// doubt records the fields with mistakes, and clears their values.
func (e *examiner) doubt() {
	mistakes := strictyaml.Mistakes(e.decode)
	for _, m := range mistakes {
		field := strictyaml.TopField(m.Path)
		if field == "" { // it is not YAML, or has more mistakes than are reported
			mistakes = nil
			break
		}
		e.p.doubtful[field] = true
	}
	if len(mistakes) == 0 {
		e.unread = provider.ManifestName + " cannot be read"
		return
	}
	m := &e.p.Manifest
	if e.p.doubts(fieldDriverID) {
		m.DriverID = provider.DriverID{}
	}
	if e.p.doubts(fieldDevice) {
		m.Device = provider.Device{}
	}
	if e.p.doubts(fieldCMake) {
		m.CMake = provider.CMake{}
	}
	if e.p.doubts(fieldPrivate) {
		m.PrivateFiles = nil
	}
	if e.p.doubts(fieldReplaces) {
		m.ReplacesUpstream = false
	}
	if e.p.doubts(fieldName) {
		m.Name = filepath.Base(absolute(e.p.Dir))
	}
}
