// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"sync"
)

// MaxSize bounds a page, in bytes.
const MaxSize = 300 << 10

//go:embed page.html style.css
var files embed.FS

// parsed parses the template at its first use.
//
//nolint:gochecknoglobals // computed once, and not changed
var parsed = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page.html").Funcs(template.FuncMap{"bytes": sizeText}).ParseFS(files, "page.html", "style.css")
})

// detail is how much of what may be long is shown.
type detail struct {
	patch, output int // bytes of all parts together
	rows          int // of a table
	places        int // of a failure
}

// details are what is tried in turn until a page is small enough.
func details() []detail {
	const most, rows = 120 << 10, 400
	list := []detail{{most, most / 2, rows, 10}}
	for _, by := range []int{2, 5, 12, 30, 100} {
		list = append(list, detail{most / by, most / 2 / by, max(rows/by, 8), 5})
	}
	return append(list, detail{rows: 8, places: 1})
}

// HTML is the page as a file. Each text of it goes through hide, which removes what names a machine; users and passwords of URLs are
// removed in any case. What does not fit is cut, and the page says where all of it is.
func HTML(p Page, hide func(string) string) ([]byte, error) {
	tmpl, err := parsed()
	if err != nil {
		return nil, fmt.Errorf("read the page's template: %w", err)
	}
	p = cleaned(p, hide)
	all := len(p.Parts)
	patches := make([][]diffFile, all)
	for i, part := range p.Parts {
		patches[i] = readPatch(string(part.Patch.Text))
	}
	for {
		for _, much := range details() {
			var out bytes.Buffer
			if err := tmpl.Execute(&out, newView(p, patches, much, all)); err != nil {
				return nil, fmt.Errorf("write the page: %w", err)
			}
			if out.Len() <= MaxSize {
				return out.Bytes(), nil
			}
		}
		if len(p.Parts) <= 1 {
			return nil, errTooBig
		}
		p.Parts = p.Parts[:len(p.Parts)/2]
	}
}

var errTooBig = fmt.Errorf("write the page: one part alone has more than %d bytes", MaxSize)
