// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// addRecord writes the record of the build into an output directory, with the packages of m, and adds it to m.
func addRecord(dir string, m *artifact.Manifest, record artifact.Record) error {
	record.Outputs = nil
	for _, f := range m.Files {
		if pkgfile.IsPackage(f.Path) {
			record.Outputs = append(record.Outputs, artifact.Digest{Path: f.Path, SHA256: f.SHA256})
		}
	}
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return fmt.Errorf("describe the build: %w", err)
	}
	text = append(text, '\n')
	name := artifact.RecordFile(m.Label())
	if err := stage.WriteFile(dir, name, text); err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	m.Files = append(m.Files, artifact.Output{Path: name, Size: int64(len(text)), SHA256: hex.EncodeToString(sum[:])})
	slices.SortFunc(m.Files, func(a, b artifact.Output) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// recorded says whether the record is among the files of m.
func recorded(m artifact.Manifest) bool {
	return slices.ContainsFunc(m.Files, func(f artifact.Output) bool { return f.Path == artifact.RecordFile(m.Label()) })
}
