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
	place(t, err, "debian/copyright", "found none")
}
