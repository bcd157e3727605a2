// SPDX-License-Identifier: Apache-2.0

package pagetest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// element is one that is open.
type element struct {
	name     string
	attrs    map[string]string
	children []string
	text     strings.Builder
}

// checker walks through a page.
type checker struct {
	tb    testing.TB
	open  []*element
	ids   map[string]bool
	refs  []string
	level int // of the last heading
	seen  map[string]int
	lines []string
	line  strings.Builder
}

// Check fails for each fault in a page's structure, and returns its text as a reader sees it, line by line.
func Check(tb testing.TB, data []byte) []string {
	tb.Helper()
	const most = 300 << 10
	if len(data) > most {
		tb.Errorf("the page has %d bytes, want at most %d", len(data), most)
	}
	c := &checker{tb: tb, ids: map[string]bool{}, seen: map[string]int{}}
	dec := xml.NewDecoder(bytes.NewReader(data)) // what is well-formed XML is balanced HTML
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tb.Fatalf("the page is not balanced: %v", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			c.start(t)
		case xml.EndElement:
			c.end()
		case xml.CharData:
			c.text(string(t))
		}
	}
	c.flush()
	c.whole()
	return c.lines
}

// whole checks what can be told at the end.
func (c *checker) whole() {
	for _, ref := range c.refs {
		if !c.ids[ref] {
			c.tb.Errorf("nothing has the id %q that is referred to", ref)
		}
	}
	for _, name := range []string{"header", "main", "footer", "h1", "title"} {
		if c.seen[name] == 0 {
			c.tb.Errorf("there is no %s", name)
		}
	}
	if n := c.seen["h1"]; n > 1 {
		c.tb.Errorf("there are %d h1", n)
	}
}

// The kinds of elements.
const (
	blocks   = "html head title body header main footer section nav h1 h2 h3 p ul li dl div dt dd table caption tr pre details summary br"
	phrasing = "a abbr code span strong svg mark ins del use title rect circle line path text em" // may be in a paragraph or a heading
	void     = "meta br img link input hr"                                                        // have no text
	named    = "h1 h2 h3 a title caption summary"                                                 // have some
	loading  = "script link iframe object embed form img base"                                    // are in no page
)

func isOne(kind, name string) bool { return slices.Contains(strings.Fields(kind), name) }

func (c *checker) start(t xml.StartElement) {
	e := &element{name: t.Name.Local, attrs: map[string]string{}}
	for _, a := range t.Attr {
		e.attrs[a.Name.Local] = a.Value
	}
	c.seen[e.name]++
	if n := len(c.open); n > 0 {
		parent := c.open[n-1]
		parent.children = append(parent.children, e.name)
		if slices.Contains([]string{"p", "h1", "h2", "h3", "summary"}, parent.name) && !isOne(phrasing, e.name) {
			c.tb.Errorf("<%s> is inside of <%s>", e.name, parent.name)
		}
		if (parent.name == "ul") != (e.name == "li") || parent.name == "tr" && e.name != "td" && e.name != "th" {
			c.tb.Errorf("<%s> is inside of <%s>", e.name, parent.name)
		}
	}
	if isOne(blocks, e.name) {
		c.flush()
	}
	c.attributes(e)
	c.heading(e)
	c.open = append(c.open, e)
}

// outside matches what a browser would load or run.
var outside = regexp.MustCompile(`(?i)^\s*(?:[a-z][a-z0-9+.-]*:|//)`)

func (c *checker) attributes(e *element) {
	if isOne(loading, e.name) {
		c.tb.Errorf("there is a <%s>", e.name)
	}
	for name, value := range e.attrs {
		c.attribute(e.name, name, value)
	}
	if e.name == "th" && e.attrs["scope"] == "" {
		c.tb.Error("a <th> has no scope")
	}
	if e.name == "html" && e.attrs["lang"] == "" {
		c.tb.Error("the page has no language")
	}
	if e.attrs["role"] == "region" && (e.attrs["tabindex"] != "0" || e.attrs["aria-label"] == "") {
		c.tb.Error("a region that scrolls is without a name, or out of the keyboard's reach")
	}
}

func (c *checker) attribute(element, name, value string) {
	switch {
	case name == "id":
		if c.ids[value] {
			c.tb.Errorf("the id %q is there twice", value)
		}
		c.ids[value] = true
	case name == "src" || name == "style" || strings.HasPrefix(name, "on"):
		c.tb.Errorf("<%s> has the attribute %s", element, name)
	case name == "href" && strings.HasPrefix(value, "#"), name == "aria-labelledby":
		c.refs = append(c.refs, strings.TrimPrefix(value, "#"))
	case name == "href" && (outside.MatchString(value) || value == ""):
		c.tb.Errorf("a link leads to %q", value)
	}
}

func (c *checker) heading(e *element) {
	if len(e.name) != 2 || e.name[0] != 'h' || e.name[1] < '1' || e.name[1] > '6' {
		return
	}
	level := int(e.name[1] - '0')
	if level > c.level+1 {
		c.tb.Errorf("h%d follows h%d", level, c.level)
	}
	c.level = level
}

func (c *checker) end() {
	e := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	switch {
	case e.name == "svg" && e.attrs["aria-hidden"] != "true" && !slices.Contains(e.children, "title"):
		c.tb.Error("an <svg> has no title and is not hidden")
	case e.name == "table" && !slices.Contains(e.children, "caption"):
		c.tb.Error("a <table> has no caption")
	case e.name == "details" && (len(e.children) == 0 || e.children[0] != "summary"):
		c.tb.Error("a <details> does not begin with its summary")
	case isOne(named, e.name) && strings.TrimSpace(e.text.String()) == "":
		c.tb.Errorf("a <%s> is empty", e.name)
	case isOne(void, e.name) && e.text.Len() > 0:
		c.tb.Errorf("a <%s> has text", e.name)
	case e.name == "style":
		c.style(e.text.String())
	}
	if isOne(blocks, e.name) {
		c.flush()
	}
}

func (c *checker) style(css string) {
	for _, word := range []string{"url(", "@import", "expression(", "@font-face"} {
		if strings.Contains(css, word) {
			c.tb.Errorf("the style sheet has %s", word)
		}
	}
}

func (c *checker) text(s string) {
	pre, unseen := false, false
	for _, e := range c.open {
		e.text.WriteString(s)
		pre = pre || e.name == "pre"
		unseen = unseen || slices.Contains([]string{"style", "svg", "head"}, e.name)
	}
	if unseen {
		return
	}
	if !pre {
		c.line.WriteString(s)
		return
	}
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			c.flush()
		}
		c.line.WriteString(line)
	}
}

func (c *checker) flush() {
	if line := strings.Join(strings.Fields(c.line.String()), " "); line != "" {
		c.lines = append(c.lines, line)
	}
	c.line.Reset()
}
