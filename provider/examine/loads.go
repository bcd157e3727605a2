// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"context"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
)

// Loads finds the libraries that the provider's sources load while they run: dlopen() of a name. Nothing
// that is linked says so, and a device may depend on it.
//
// Each result is a *SourceError.
func Loads(ctx context.Context, p *provider.Provider) []error {
	src, _ := p.Sources(ctx) // Examine reports files that cannot be scanned
	compiled := compiledFiles(src, p.Built())
	var found []error
	for _, f := range src.Files {
		if !compiled[f] {
			continue
		}
		code := c.Code(f.Tokens)
		for i, tok := range code {
			if tok.Text == "dlopen" && i+2 < len(code) && code[i+1].Text == "(" && code[i+2].Kind == c.Text {
				const want = "a library that is linked, or that the packages require"
				found = append(found, f.Problem(tok.Start, want, "dlopen("+code[i+2].Text+")"))
			}
		}
	}
	return found
}
