// SPDX-License-Identifier: Apache-2.0

package gomod

import (
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	for text, want := range map[string]bool{
		"module github.com/resnics/verbsmith\n":                                       true,
		"module a\nrequire github.com/resnics/verbsmith v1.0.0\n":                     true,
		"module a\nrequire (\n\tgithub.com/resnics/verbsmith v1.0.0 // indirect\n)\n": true,
		"module a\nfuture x\nrequire github.com/resnics/verbsmith v1.0.0\n":           true, // of a newer go
		"module a\nrequire github.com/resnics/verbsmith/v2 v2.0.0\n":                  false,
		"module a\nrequire github.com/resnics/verbsmithing v1.0.0\n":                  false,
		"module a // github.com/resnics/verbsmith\n":                                  false,
		"module a\nexclude github.com/resnics/verbsmith v1.0.0\n":                     false,
		"module a\nrequire (\n":                                                       false,
		"":                                                                            false,
	} {
		if got := Names([]byte(text)); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestIsOwn(t *testing.T) {
	for text, want := range map[string]bool{
		"// A comment.\nmodule github.com/resnics/verbsmith // here\n": true,
		"module \"github.com/resnics/verbsmith\"\n":                    true,
		"module github.com/resnics/verbsmith/v2\n":                     false,
		"module a\nrequire github.com/resnics/verbsmith v1.0.0\n":      false,
	} {
		if got := IsOwn([]byte(text)); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestHasTool(t *testing.T) {
	for text, want := range map[string]bool{
		"module a\ntool github.com/resnics/verbsmith/mage\n":                  true,
		"module a\ntool (\n\tx.y/z\n\tgithub.com/resnics/verbsmith/mage\n)\n": true,
		"module a\ntool x.y/z // github.com/resnics/verbsmith/mage\n":         false,
		"module a\nrequire github.com/resnics/verbsmith v1.0.0\n":             false,
		"tool (": false,
	} {
		if got := HasTool([]byte(text)); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

func TestReplacedBy(t *testing.T) {
	for text, want := range map[string]string{
		"replace github.com/resnics/verbsmith => ../v\n":                             "../v",
		"replace github.com/resnics/verbsmith v1.0.0 => \"/a b\"\n":                  "/a b",
		"replace (\n\tx.y/z => ../z\n\tgithub.com/resnics/verbsmith => /v\n)\n":      "/v",
		"replace github.com/resnics/verbsmith => github.com/fork/verbsmith v1.0.0\n": "",
		"replace github.com/resnics/verbsmithing => ../v\n":                          "",
		"replace (": "",
	} {
		if got := ReplacedBy([]byte("module a\n" + text)); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func TestWorkspace(t *testing.T) {
	text := "go 1.26\nuse (\n\t./a\n\t\"/b c\" // ./d\n)\nuse ../e\n"
	if got := Workspace([]byte(text)); !slices.Equal(got, []string{"./a", "/b c", "../e"}) {
		t.Errorf("got %q", got)
	}
	if got := Workspace([]byte("use (")); got != nil {
		t.Errorf("got %q", got)
	}
}
