// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
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

// ReproducedFile says next to packages that they were made twice, and are the same.
const ReproducedFile = "reproduced.json"

// Reproduced is how packages were made twice.
type Reproduced struct {
	Record string `json:"record"` // SHA-256 of the packages' .buildinfo
	How    string `json:"how"`
}

// ReadReproduced reads how the packages of a directory were made twice, nothing if they were not.
func ReadReproduced(dir string) (Reproduced, error) {
	var r Reproduced
	err := readJSON(dir, ReproducedFile, &r)
	return r, err
}

// PlaceReproduced writes next to the packages of a record, if it is in the directory of outputs, that they were made twice. where is "" if
// it is not there.
func (c *Collector) PlaceReproduced(ctx context.Context, recordFile, how string) (where string, err error) {
	dir := filepath.Dir(recordFile)
	if rel, errElsewhere := filepath.Rel(c.Dir, dir); errElsewhere != nil || !filepath.IsLocal(rel) {
		return "", nil //nolint:nilerr // a record that is elsewhere
	}
	sum, err := stage.Sum(recordFile)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(Reproduced{Record: sum, How: how}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write how the packages were reproduced: %w", err)
	}
	return c.Place(ctx, dir, ReproducedFile, append(text, '\n'))
}
