// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"strings"
)

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// Words are the identifiers in the files that go to the provider's directory, in code or not.
func (p *Provider) Words() map[string]bool {
	words := map[string]bool{}
	for _, c := range p.CopyPlan() {
		if !strings.HasPrefix(c.To, p.Manifest.Folder()+"/") {
			continue
		}
		for _, word := range identifier.FindAll(c.From.data, -1) {
			words[string(word)] = true
		}
	}
	return words
}
