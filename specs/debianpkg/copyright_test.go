// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"strings"
	"testing"
)

func TestCopyright(t *testing.T) {
	tree := integrated(t, zoo(), crab())
	want(t, tree, Copyright, nil,
		"Files: providers/crab/*", "Copyright: 2020, Sea", "           2021, Shore", "License: BSD-MIT or GPL-2", "")
	p := crab()
	p.Name = "snail"
	tree = integrated(t, zoo(), p)
	if !strings.Contains(tree[Copyright], "License: BSD-MIT\n\nFiles: providers/snail/*\n") {
		t.Errorf("not behind the last provider:\n%s", tree[Copyright])
	}
}

func TestCopyrightKnowsItsLicenses(t *testing.T) {
	for license, ok := range map[string]bool{
		"GPL-2": true, "GPL-2+": true, "BSD-MIT and GPL-2": true, "BSD-MIT, and GPL-2": true,
		"Apache-2.0": false, "GPL-2 or Apache-2.0": false, "BSD-MIT or": false,
	} {
		p := crab()
		p.License = license
		_, err := Integrate(zoo(), p)
		var value *ValueError
		if ok != (err == nil) || !ok && (!errors.As(err, &value) || !strings.Contains(err.Error(), "BSD-MIT, GPL-2, GPL-2+")) {
			t.Errorf("%s: %v", license, err)
		}
	}
}

func TestCopyrightWithoutPlace(t *testing.T) {
	tree := zoo()
	tree[Copyright] = strings.ReplaceAll(tree[Copyright], "providers/", "drivers/")
	_, err := Integrate(tree, crab())
	place(t, err, "debian/copyright", "got none")
}

// Nothing is said that nobody has said.
func TestCopyrightIsNotGuessed(t *testing.T) {
	p := crab()
	p.Copyright, p.License = nil, ""
	if got := integrated(t, zoo(), p)[Copyright]; got != zoo()[Copyright] {
		t.Errorf("no licence: got\n%s", got)
	}
	p.License = "GPL-2"
	want(t, integrated(t, zoo(), p), Copyright, nil, "Files: providers/crab/*", "Copyright: unspecified", "License: GPL-2", "")
	p.Holders = []string{"2022, Sand", "Stone"}
	want(t, integrated(t, zoo(), p), Copyright, nil, "Files: providers/crab/*", "Copyright: 2022, Sand", "           Stone", "License: GPL-2", "")
	p.Copyright = []string{"2021, Reef"}
	want(t, integrated(t, zoo(), p), Copyright, nil, "Files: providers/crab/*", "Copyright: 2021, Reef", "License: GPL-2", "")
}

// Of a replaced provider the release's paragraph holds as far as the new one gives
// nothing else.
func TestCopyrightOfReplacedStays(t *testing.T) {
	const before = "Files: providers/ant/*\nCopyright: 2001, A\n           2002, B\nLicense: GPL-2 or BSD-MIT\n"
	for name, tt := range map[string]struct {
		license            string
		copyright, holders []string
		want               string
	}{
		"nothing said":        {want: before},
		"holders of files":    {holders: []string{"2026, X"}, want: before},
		"the same, otherwise": {license: "BSD-MIT or GPL-2", want: before},
		"another licence":     {license: "GPL-2", holders: []string{"2026, X"}, want: strings.Replace(before, "GPL-2 or BSD-MIT", "GPL-2", 1)},
		"another holder":      {copyright: []string{"2026, X"}, want: "Files: providers/ant/*\nCopyright: 2026, X\nLicense: GPL-2 or BSD-MIT\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tree := zoo()
			tree[Copyright] = strings.Replace(tree[Copyright], "License: BSD-MIT\n", "License: GPL-2 or BSD-MIT\n", 1)
			p := crab()
			p.Name, p.CoherentDMA, p.Replaced = "ant", false, &Provider{Name: "ant"}
			p.License, p.Copyright, p.Holders = tt.license, tt.copyright, tt.holders
			text := strings.Replace(tree[Copyright], before, tt.want, 1)
			if got := integrated(t, tree, p)[Copyright]; got != text {
				t.Errorf("got\n%s\nwant\n%s", got, text)
			}
		})
	}
}
