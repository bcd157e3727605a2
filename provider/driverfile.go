// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// isDriverDir knows /etc/libibverbs.d, from whose files libibverbs has the names of the
// providers that it loads.
func isDriverDir(destination string) bool {
	switch path.Clean(destination) {
	case "${CONFIG_DIR}", "${CMAKE_INSTALL_FULL_SYSCONFDIR}/libibverbs.d", "${CMAKE_INSTALL_SYSCONFDIR}/libibverbs.d", "/etc/libibverbs.d":
		return true
	}
	return false
}

// installsDriver reads an install() of NAME.driver. rdma_provider() and
// rdma_shared_provider() write and install one of their own, with "driver NAME" in it: the
// same again does no harm. Anything else there would be another provider's name, or would
// be overwritten.
func (r *buildReader) installsDriver(b *cmake.File, in cmakeInstall) error {
	const binary = "${CMAKE_CURRENT_BINARY_DIR}/"
	own := r.p.Manifest.Name + ".driver"
	for _, f := range in.files {
		name, at := path.Base(f.Text), f
		if in.rename != nil {
			name, at = in.rename.Text, *in.rename
		}
		source := b.Path(strings.TrimPrefix(f.Text, "${CMAKE_CURRENT_SOURCE_DIR}/"))
		content, ok := r.p.Content(source)
		s := strings.TrimSpace(string(content))
		switch {
		case name != own:
			return b.Fail(at, own+" alone in libibverbs.d, where each file names a provider to load", edit.Quote(name))
		case !ok && !strings.HasPrefix(f.Text, binary):
			return b.Fail(f, "the file "+source, "none of that name that goes into "+r.p.Manifest.Folder())
		case ok && s != "driver "+r.p.Manifest.Name:
			lookedFor := `"driver ` + r.p.Manifest.Name + `" in ` + source + ", as the one that " + PluginCommand + "() installs has"
			return b.Fail(f, lookedFor, edit.Quote(s))
		}
		warning := &text.SourceError{
			File: b.Name, Line: text.LineNumber(b.Data, f.Start), Want: "no install() of " + own,
			Got: "one: " + PluginCommand + "() and " + LibraryCommand + "() install it already",
		}
		r.warnings = append(r.warnings, warning)
	}
	return nil
}
