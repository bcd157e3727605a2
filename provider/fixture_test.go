// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func smallProvider(t *testing.T, manifestEdits ...string) *Provider {
	t.Helper()
	p, err := Load(t.Context(), providertest.Folder(t, map[string]string{ManifestName: strings.NewReplacer(manifestEdits...).Replace(providertest.Manifest)}))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func load(t *testing.T, dir string) *Provider {
	t.Helper()
	p, err := Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
