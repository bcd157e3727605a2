// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/scripts"
)

// digests are the files that a build reads, sorted by their names, and the script that runs it, as scripts/NAME.
func digests(files []File, script string) ([]artifact.Digest, error) {
	var cached stagecache.Verifier
	list := make([]artifact.Digest, 0, len(files)+1)
	for _, f := range files {
		line, err := f.Describe(&cached)
		if err != nil {
			return nil, err
		}
		sum, _, _ := strings.Cut(line, " ")
		list = append(list, artifact.Digest{Path: f.Name, SHA256: sum})
	}
	for _, name := range []string{script, limitsScript} {
		text, err := scripts.Read(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		list = append(list, artifact.Digest{Path: "scripts/" + name, SHA256: hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(list, func(a, b artifact.Digest) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// Sum gives the SHA-256 of a regular file in hexadecimal digits.
func Sum(name string) (string, error) {
	st, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !st.Mode().IsRegular() {
		return "", fmt.Errorf("%s: want a regular file, got one of mode %s", name, st.Mode())
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("sum %s: %w", name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
