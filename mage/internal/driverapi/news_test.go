// SPDX-License-Identifier: Apache-2.0

package driverapi_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
)

// Two headers are compared with all types; a history and a header by the numbers of arguments.
func TestNews(t *testing.T) {
	before := driverapi.Release{
		Version: "65.0", PrivateABI: 65, Header: driverapi.ParseHeader(older), DriverIDs: map[int]string{0: "NONE", 1: "ANT"},
	}
	after := driverapi.Release{
		Version: "66.0", PrivateABI: 66, Header: driverapi.ParseHeader(newer), DriverIDs: map[int]string{0: "NONE", 1: "ANT", 2: "BEE"},
	}
	history := driverapi.Collect([]driverapi.Release{before})
	for name, n := range map[string]driverapi.News{"headers": after.News(before), "history": history.News(after)} {
		if n.Since != "65.0" {
			t.Errorf("%s: since %s", name, n.Since)
		}
		uses := func(word string) bool {
			return slices.Contains(strings.Fields("fly_ops open fly_open close a fly_gone fly_of"), word)
		}
		got := strings.Join(n.Parts(uses), "; ")
		types := map[string]string{"headers": "fly_open (other types), ", "history": ""}[name]
		want := "private ABI 66 (65 in 65.0); driver id BEE = 2; driver.h: fly_gone (gone), " + types +
			"fly_ops.close (new), fly_ops.open (3 arguments, 2 before)"
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
		if text := n.Text(); !strings.Contains(text, " more") || !strings.Contains(text, "FLY_B (gone)") {
			t.Errorf("%s: all: %s", name, text)
		}
	}
	if same := before.News(before).Text(); same != "nothing differs from 65.0" {
		t.Errorf("the same: %s", same)
	}
	fewer := before
	fewer.DriverIDs = map[int]string{0: "NONE"}
	if text := fewer.News(before).Text(); text != "driver id ANT (gone)" {
		t.Errorf("a driver id less: %s", text)
	}
	if same := history.News(before).Text(); same != "no name, driver id or number of arguments differs from 65.0; types are not compared" {
		t.Errorf("the same as known: %s", same)
	}
}

// What comes before a member moves it, what comes behind it does not.
func TestMoved(t *testing.T) {
	release := func(text string) driverapi.Release {
		return driverapi.Release{Header: driverapi.ParseHeader("struct ops { " + text + " };")}
	}
	before, after := release("int a; int b; int c;"), release("int a; int n; int b; int c; int z;")
	all := func(string) bool { return true }
	if n := after.Moved(before, "ops", all); n != 2 {
		t.Errorf("%d moved, want b and c", n)
	}
	if n := after.Moved(before, "ops", func(name string) bool { return name == "a" }); n != 0 {
		t.Errorf("%d moved, want none", n)
	}
}
