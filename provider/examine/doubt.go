// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// Fields of the manifest on which checks of other files rest.
const (
	fieldName     = "name"
	fieldDriverID = "driverID"
	fieldDevice   = "device"
	fieldCMake    = "cmake"
	fieldPrivate  = "privateFiles"
	fieldReplaces = "replacesUpstream"
	fieldRequires = "buildRequires"
)

// subject is a provider that is looked at. Fields of its manifest may have a mistake.
type subject struct {
	*provider.Provider

	doubtful map[string]bool
	refused  map[string]bool // files that are there and cannot be taken, which is said already
}

// doubts reports whether one of the manifest's fields has a mistake. What a check would say
// of another file because of that field is not said: it would be a second mistake for one.
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

// doubt notes which fields have a mistake, and does without their values.
func (e *examiner) doubt() {
	mistakes := strictyaml.Mistakes(e.decode)
	for _, m := range mistakes {
		field := strictyaml.TopField(m.Path)
		if field == "" { // it is not YAML, or there are more mistakes than are told
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
