// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/resnics/verbsmith/specs/edit"
)

// cmakeLists is the file that identifies the source.
const cmakeLists = "CMakeLists.txt"

// cmakeListsMost bounds it; upstream's has about 40 KB.
const cmakeListsMost = 4 << 20

var (
	projectLine = regexp.MustCompile(`(?im)^[ \t]*project[ \t]*\([ \t]*"?rdma-core"?[ \t\r\n)]`)
	versionLine = regexp.MustCompile(`(?im)^[ \t]*set[ \t]*\([ \t]*PACKAGE_VERSION[ \t]+"?([^"\s)]+)"?[ \t]*\)`)
)

// packageVersion reads rdma-core's version from its top CMakeLists.txt.
func packageVersion(text []byte) (string, error) {
	if len(text) > cmakeListsMost {
		return "", fmt.Errorf("has more than %d bytes", cmakeListsMost)
	}
	if !projectLine.Match(text) {
		return "", errors.New("has no project(rdma-core ...), so this is not rdma-core")
	}
	found := versionLine.FindAllSubmatch(text, -1)
	switch len(found) {
	case 0:
		return "", errors.New(`has no set(PACKAGE_VERSION "...")`)
	case 1:
	default:
		return "", fmt.Errorf("sets PACKAGE_VERSION %d times", len(found))
	}
	version := string(found[0][1])
	if !versionForm.MatchString(version) {
		return "", fmt.Errorf("has the PACKAGE_VERSION %s: want a digit, then letters, digits and . + ~ _", edit.Quote(version))
	}
	return version, nil
}
