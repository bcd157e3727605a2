// SPDX-License-Identifier: Apache-2.0

package skeleton

import "strings"

const (
	columns = 80 // of a line of C
	tab     = 8
)

// fit lays out a call or the head of a function like clang-format with rib's .clang-format, for
// names of usual length: the text before the first "|" and then as many arguments per line as
// fit, with the following lines aligned to the parenthesis. If an argument does not fit there,
// the function's name is on its own line. Line breaks depend on the provider's name, so they
// cannot be in the templates.
func fit(parts ...string) string {
	args := strings.Split(strings.Join(parts, ""), "|")
	head, args := args[0], args[1:]
	isHead := strings.HasPrefix(head, "static ")
	var out strings.Builder
	if isHead && width(head)+longest(args) >= columns {
		name := strings.LastIndexAny(head, " *") + 1
		out.WriteString(strings.TrimRight(head[:name], " ") + "\n")
		head = head[name:]
	}
	out.WriteString(head)
	align := width(head)
	at, indent := align, strings.Repeat("\t", align/tab)+strings.Repeat(" ", align%tab)
	for i, arg := range args {
		end := "," // or the parenthesis
		if i == len(args)-1 {
			end = ")"
		}
		need := len(arg) + len(end)
		if i == len(args)-1 && !isHead {
			need++ // a semicolon follows
		}
		switch {
		case i == 0:
		case at+1+need <= columns:
			out.WriteByte(' ')
			at++
		default:
			out.WriteString("\n" + indent)
			at = align
		}
		out.WriteString(arg + end)
		at += len(arg) + len(end)
	}
	return out.String()
}

func longest(texts []string) int {
	n := 0
	for _, text := range texts {
		n = max(n, len(text))
	}
	return n
}

// width counts the columns of a line's beginning.
func width(text string) int {
	n := 0
	for _, r := range text {
		if r == '\t' {
			n += tab - n%tab
		} else {
			n++
		}
	}
	return n
}
