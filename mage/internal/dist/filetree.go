// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"fmt"
	"sort"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

// node is a directory or file of a package's tree.
type node struct {
	children map[string]*node
	link     string
	added    bool
}

func (n *node) child(name string) *node {
	if n.children == nil {
		n.children = map[string]*node{}
	}
	c := n.children[name]
	if c == nil {
		c = &node{}
		n.children[name] = c
	}
	return c
}

// FileTree draws the files of a package; "+" marks those that the stock package
// does not have.
func FileTree(v PackageView) string {
	root := &node{}
	for _, f := range v.Files {
		n := root
		for part := range strings.SplitSeq(strings.Trim(f.Path, "/"), "/") {
			n = n.child(part)
		}
		n.link, n.added = f.Link, v.Added[f.Path]
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", v.NEVRA)
	root.draw(&out, "")
	return out.String()
}

func (n *node) draw(out *strings.Builder, indent string) {
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		branch, further := "├── ", "│   "
		if i == len(names)-1 {
			branch, further = "└── ", "    "
		}
		c := n.children[name]
		fmt.Fprintf(out, "%s%s%s%s\n", indent, branch, ui.Clean(name), c.remark())
		c.draw(out, indent+further)
	}
}

func (n *node) remark() string {
	text := ""
	if n.link != "" {
		text = " -> " + n.link
	}
	if n.added {
		text += "  +"
	}
	return text
}
