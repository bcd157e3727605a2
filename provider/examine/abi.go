// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// ABIScript is rdma-core's script that generates kernel-abi/NAME-abi.h.
const ABIScript = "buildlib/make_abi_structs.py"

// ABIScriptSHA256 is the digest of that script in every release from v32.0 to
// 65.0. A script with another digest is unknown.
const ABIScriptSHA256 = "a74a99fed13ba184bf0180a5e5137343a0ca422723c3106938e19361ea0383b0"

const kernelStyle = "kernel style, which " + ABIScript + " reads: one declaration per line, struct NAME { on one line"

// ABI compares the output of rdma-core's script for a header with the header:
// the script reads line by line and silently drops or breaks what is not
// in kernel style. crashed is the script's output if it failed.
// structs counts the structs that were converted.
func ABI(p *provider.Provider, header provider.File, made []byte, crashed string) (structs int, findings []Finding) {
	return checkABI(p.Path(header.Name), header.Data(), made, crashed)
}

func checkABI(file string, data, made []byte, crashed string) (structs int, findings []Finding) {
	f, err := c.ScanFile(file, file, data)
	if err != nil {
		return 0, []Finding{{Err: err}}
	}
	var a Answer
	if crashed != "" {
		if at, ok := abiCrash(f.Data); ok {
			a.fail(f.Problem(at, kernelStyle, "a line on which it fails"))
		} else {
			a.fail(f.Problem(0, kernelStyle, "an error from the script: "+strconv.Quote(lastLine(crashed))))
		}
		return 0, a.Findings
	}
	macros := abiMacros(made)
	all := c.Structs(f.Tokens)
	for _, s := range all {
		checkStruct(&a, f, s, macros[s.Name])
	}
	return len(all) - len(a.Findings), a.Findings
}

// checkStruct compares a struct with its generated macro, token by token, without comments.
func checkStruct(a *Answer, f *c.File, s c.Struct, macro []c.Token) {
	if macro == nil {
		what := s.Tokens[0].Text + " " + s.Name
		if s.Name == "" {
			what = "a " + s.Tokens[0].Text + " without a name"
		}
		a.fail(f.Problem(s.At, kernelStyle, strings.TrimSpace(what)+", which the script drops"))
		return
	}
	want := slices.Delete(slices.Clone(s.Tokens), 1, 2) // without its name
	for i, t := range want {
		switch {
		case t.Kind == c.Directive:
			// It compiles as long as no DECLARE_DRV_CMD() uses the struct.
			a.warn(f.Problem(t.Start, kernelStyle, "a preprocessor line inside "+s.Name+", which breaks its macro"))
			return
		case i >= len(macro) || macro[i].Text != t.Text:
			got := "its end"
			if i < len(macro) {
				got = strconv.Quote(macro[i].Text)
			}
			a.fail(f.Problem(t.Start, kernelStyle, s.Name+" broken here: "+got+" instead of "+strconv.Quote(t.Text)))
			return
		}
	}
	if len(macro) > len(want) {
		a.fail(f.Problem(s.At, kernelStyle, s.Name+" with trailing text: "+strconv.Quote(macro[len(want)].Text)))
	}
}

var abiDefine = regexp.MustCompile(`(?m)^#define _STRUCT_(\S+) `)

// abiMacros reads the script's output: #define _STRUCT_NAME struct { …, each macro separately,
// so that a broken one does not hide the others.
func abiMacros(made []byte) map[string][]c.Token {
	macros := map[string][]c.Token{}
	for _, loc := range abiDefine.FindAllSubmatchIndex(made, -1) {
		s := made[loc[1]:]
		end := 0
		for end < len(s) {
			stop := text.LineEnd(s, end)
			line := bytes.TrimRight(s[end:stop], "\n")
			end = stop
			if !bytes.HasSuffix(line, []byte{'\\'}) {
				break
			}
		}
		toks := c.ScanText(c.Unfold(string(s[:end])))
		macros[string(made[loc[2]:loc[3]])] = append([]c.Token{}, toks...) // never nil
	}
	return macros
}

var (
	scriptStart   = regexp.MustCompile(`^(struct|union)\s+\S+\s+\{`)
	scriptEnd     = regexp.MustCompile(`^\}.*;`)
	scriptComment = regexp.MustCompile(`/\*.*\*/|//.*$`)
)

// abiCrash finds the line on which the script fails: one that begins with struct or union
// outside a struct and has no {. It only finds the place of a failure of the script.
func abiCrash(data []byte) (at int, ok bool) {
	inside, nesting := false, 0
	for off := 0; off < len(data); off = text.LineEnd(data, off) {
		line := scriptComment.ReplaceAllString(strings.TrimSpace(string(data[off:text.LineEnd(data, off)])), "")
		switch {
		case !inside && (strings.HasPrefix(line, "struct ") || strings.HasPrefix(line, "union ")):
			if !scriptStart.MatchString(line) {
				return off, true
			}
			inside = true
		case inside && nesting == 0 && scriptEnd.MatchString(line):
			inside = false
		case inside && (line == "struct {" || line == "union {"):
			nesting++
		case inside && scriptEnd.MatchString(line):
			nesting--
		}
	}
	return 0, false
}

func lastLine(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	return lines[len(lines)-1]
}
