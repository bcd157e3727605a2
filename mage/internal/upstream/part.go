// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/renameio/v2"
)

// partInfo describes a part file: the file that it is a part of. It is stored next to the part
// file.
type partInfo struct {
	URL          string `json:"url"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`
	// Total is the whole file's size, -1 if unknown.
	Total int64 `json:"total"`
	// Size is the size of the part.
	Size int64 `json:"-"`
}

func partInfoPath(part string) string { return part + ".json" }

// validator is the value of If-Range: a strong ETag, or a date. "" means that a change of the
// file could not be detected.
func (p partInfo) validator() string {
	if p.ETag != "" && !strings.HasPrefix(p.ETag, "W/") {
		return p.ETag
	}
	return p.LastModified
}

// continues reports whether an answer for the rest of a file is about the same file, and starts
// where the part ends.
func (p partInfo) continues(had partInfo) bool {
	sameLength := had.Total < 0 || p.Total < 0 || p.Total == had.Total
	return p.Size == had.Size && sameLength && p.ETag == had.ETag
}

// readPart describes the part of url's file. Size is 0 if there is none, or none that can be
// resumed.
func readPart(part, url string) partInfo {
	none := partInfo{URL: url, Total: -1}
	text, err := os.ReadFile(partInfoPath(part))
	if err != nil {
		return none
	}
	var info partInfo
	if json.Unmarshal(text, &info) != nil || info.URL != url || info.validator() == "" {
		return none
	}
	file, err := os.Lstat(part)
	if err != nil || !file.Mode().IsRegular() {
		return none
	}
	info.Size = file.Size()
	if info.Total >= 0 && info.Size > info.Total {
		return none
	}
	return info
}

func removePart(part string) {
	_ = os.Remove(part)
	_ = os.Remove(partInfoPath(part))
}

// openPart opens the part file for writing at start.Size, and writes its description.
func openPart(part string, start partInfo) (*os.File, error) {
	text, err := json.Marshal(start)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", part, err)
	}
	if start.Size == 0 {
		// Never an old part with a new description.
		removePart(part)
	}
	if err := renameio.WriteFile(partInfoPath(part), append(text, '\n'), 0o644); err != nil {
		return nil, writeError(part, err)
	}
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, writeError(part, err)
	}
	if _, err := file.Seek(start.Size, io.SeekStart); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// contentRange reads "bytes FIRST-LAST/TOTAL"; total is -1 for "*".
func contentRange(value string) (first, total int64, ok bool) {
	var last int64
	if n, err := fmt.Sscanf(value, "bytes %d-%d/%d", &first, &last, &total); err == nil && n == 3 {
		return first, total, first <= last && last < total
	}
	if n, err := fmt.Sscanf(value, "bytes %d-%d/*", &first, &last); err == nil && n == 2 {
		return first, -1, first <= last
	}
	return 0, 0, false
}
