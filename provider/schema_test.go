// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

var update = flag.Bool("update", false, "write schema/provider.schema.json")

func TestSchema(t *testing.T) {
	want, err := strictyaml.Schema(&Manifest{})
	providertest.WantError(t, err)
	file := filepath.Join("schema", "provider.schema.json")
	if *update {
		if err := os.MkdirAll("schema", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	providertest.WantError(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the Manifest type gives; run: go test ./provider -run TestSchema -update", file)
	}
}
