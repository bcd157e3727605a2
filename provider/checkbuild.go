// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// conditionForm excludes characters that would affect the file around the if(): line ends,
// comments, brackets, variables, escapes.
var conditionForm = regexp.MustCompile(`^[A-Za-z0-9_.+" ()-]{1,200}$`)

const wantHeader = "a file of this directory or, with ../, of its repository, named with a-z, 0-9, _ and -, and ending in .h"

// headers checks the base names of files for kernel-headers/rdma. Their directory keeps them
// apart from other files of the same name.
func (c *checker) headers(m *Manifest) {
	if m.ABIHeader != "" {
		c.match("abiHeader", m.ABIHeader, headerForm, wantHeader)
		if len(m.ABIHeaders) > 0 {
			c.add("abiHeaders", "abiHeader or abiHeaders, not both", strconv.Itoa(len(m.ABIHeaders))+" next to abiHeader")
		}
	}
	seen := []string{headerName(m.ABIHeader)}
	for _, list := range []struct {
		name  string
		files []string
	}{{"abiHeaders", m.ABIHeaders}, {"ioctlHeaders", m.IoctlHeaders}} {
		for i, file := range list.files {
			path := fmt.Sprintf("%s[%d]", list.name, i)
			c.match(path, file, headerForm, wantHeader)
			if file != "" && slices.Contains(seen, headerName(file)) {
				c.add(path, "each header once", strconv.Quote(headerName(file))+" again")
			}
			seen = append(seen, headerName(file))
		}
	}
}

// directory checks the directory's name if it differs from the provider's.
func (c *checker) directory(m *Manifest) {
	if m.Directory == "" {
		return
	}
	c.match("directory", m.Directory, nameForm, "a directory name of up to 32 of a-z, 0-9 and _, starting with a letter")
	switch {
	case m.ReplacesUpstream:
		c.add("directory", "none with replacesUpstream, which uses the release's own directory", strconv.Quote(m.Directory))
	case m.Directory == m.Name:
		c.add("directory", "none if it is the same as name", strconv.Quote(m.Directory))
	}
}

// copyright checks the values for debian/copyright.
func (c *checker) copyright(m *Manifest) {
	for i, line := range m.Copyright {
		path := fmt.Sprintf("copyright[%d]", i)
		c.line(path, line, 120)
		if line == "." || strings.HasPrefix(line, "#") {
			c.add(path, "years and a name", strconv.Quote(line))
		}
	}
	if m.License != "" {
		c.match("license", m.License, licenseForm, "licence names of letters, digits, blanks and . + - ( )")
		if strings.HasSuffix(m.License, " ") {
			c.add("license", "text without leading or trailing blanks", strconv.Quote(m.License))
		}
	}
}

func (c *checker) cmake(m CMake) {
	for i, dir := range m.Subdirectories {
		path := fmt.Sprintf("cmake.subdirectories[%d]", i)
		c.match(path, dir, folderForm, "a subdirectory named with letters, digits, _, - and .")
		if slices.Contains(m.Subdirectories[:i], dir) {
			c.add(path, "each directory once", strconv.Quote(dir)+" again")
		}
	}
	if want := badCondition(m.Condition); want != "" {
		c.add("cmake.condition", want, strconv.Quote(m.Condition))
	}
}

// A requirement in the form of a spec's BuildRequires, and of debian/control's Build-Depends:
// one package each, without macros.
var (
	rpmRequire    = regexp.MustCompile(`^(?:/[A-Za-z0-9._/+-]{1,100}|[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}(?:\([A-Za-z0-9_.:+-]{1,100}\))?)(?: (?:<|<=|=|>=|>) [A-Za-z0-9._+~^:-]{1,50})?$`)
	debianRequire = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]{1,99}(?: \((?:<<|<=|=|>=|>>) [A-Za-z0-9.+~:-]{1,50}\))?$`)
)

const maxBuildRequires = 50

// buildRequires checks the values for the specs and debian/control.
func (c *checker) buildRequires(r BuildRequires) {
	for _, list := range []struct {
		name, want string
		form       *regexp.Regexp
		packages   []string
	}{
		{"rpm", "a package as in BuildRequires of a spec: numactl-devel, pkgconfig(numa) >= 2.0", rpmRequire, r.RPM},
		{"debian", "a package as in Build-Depends of debian/control: libnuma-dev, libnuma-dev (>= 2.0)", debianRequire, r.Debian},
	} {
		if len(list.packages) > maxBuildRequires {
			c.add("buildRequires."+list.name, fmt.Sprintf("at most %d packages", maxBuildRequires), strconv.Itoa(len(list.packages)))
		}
		for i, one := range list.packages {
			path := fmt.Sprintf("buildRequires.%s[%d]", list.name, i)
			c.match(path, one, list.form, list.want)
			if slices.Contains(list.packages[:i], one) {
				c.add(path, "each package once", strconv.Quote(one)+" again")
			}
		}
	}
}

// badCondition describes a valid condition, "" if this one is valid: it must be the whole
// argument of one if(), and not just HAVE_COHERENT_DMA, for which there is coherentDMA.
func badCondition(condition string) string {
	if condition == "" {
		return ""
	}
	if !conditionForm.MatchString(condition) || strings.TrimSpace(condition) != condition {
		return `a condition of letters, digits, blanks and _ . + - ( ) "`
	}
	cmds, err := cmake.Parse("", []byte("if ("+condition+")\nendif()\n"))
	if err != nil || len(cmds) != 2 || len(cmds[0].Args) == 0 {
		return "a condition with balanced parentheses and quotes"
	}
	if condition == coherentDMA {
		return "coherentDMA: true instead of this condition"
	}
	return ""
}
