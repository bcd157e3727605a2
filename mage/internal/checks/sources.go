// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"path"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// gofmt formats every Go file and compares.
func (t tree) gofmt(context.Context) report.Result {
	var unreadable []string
	bad, all, err := t.filter(hasSuffix(".go"), func(name string, data []byte) bool {
		formatted, err := format.Source(data)
		if err != nil {
			unreadable = append(unreadable, fmt.Sprintf("%s: %v", name, err))
			return false
		}
		return !bytes.Equal(data, formatted)
	})
	if err != nil {
		return unable(err)
	}
	for i, name := range bad {
		bad[i] = name + ": not formatted; run gofmt -w"
	}
	return places(append(unreadable, bad...), len(all), "Go files")
}

// The licences of the project: Apache-2.0 for the tool, rdma-core's own pair for code compiled into rdma-core, the
// kernel's for code compiled against it (lab/ of a provider).
var (
	toolLicence     = regexp.MustCompile(`^// SPDX-License-Identifier: Apache-2\.0$`)
	kernelLicence   = regexp.MustCompile(`^(?://|#) SPDX-License-Identifier: GPL-2\.0$`)
	providerLicence = regexp.MustCompile(`SPDX-License-Identifier: .*GPL-2\.0.* OR (?:Linux-OpenIB|BSD-2-Clause)`)
)

// licences looks at the first line of each Go and C file, of each header, and of the providers' CMake files.
func (t tree) licences(context.Context) report.Result {
	wanted := func(name string) bool { return licenceOf(name) != nil }
	bad, all, err := t.filter(wanted, func(name string, data []byte) bool {
		first, _, _ := strings.Cut(string(data), "\n")
		return !licenceOf(name).MatchString(strings.TrimSuffix(first, "\r"))
	})
	if err != nil {
		return unable(err)
	}
	for i, name := range bad {
		bad[i] = fmt.Sprintf("%s:1: want a line that matches %s", name, licenceOf(name))
	}
	return places(bad, len(all), "files")
}

// licenceOf returns the pattern for the first line of the file, nil if it needs no licence.
func licenceOf(name string) *regexp.Regexp {
	switch {
	case strings.HasSuffix(name, ".go"), hasSuffix(".c", ".h")(name) && !isUnder(name, "provider"):
		return toolLicence
	case isUnder(name, "provider") && path.Base(path.Dir(name)) == "lab" && (hasSuffix(".c")(name) || path.Base(name) == "Kbuild"):
		return kernelLicence
	case isUnder(name, "provider") && (hasSuffix(".c", ".h")(name) || path.Base(name) == "CMakeLists.txt"):
		return providerLicence
	default:
		return nil
	}
}
