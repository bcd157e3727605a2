// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

// Every flag that is given and empty is refused by its name, with what it may be: none counts as not given.
func TestEmptyFlags(t *testing.T) {
	all := Flags{}
	fields := reflect.ValueOf(&all).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		for _, text := range []string{"", " ", "\n"} {
			f := Flags{}
			reflect.ValueOf(&f).Elem().Field(i).Set(reflect.ValueOf(&text))
			var own *EmptyFlagError
			if err := opened(t, f).checkFlags(); !errors.As(err, &own) || own.Flag != strings.ToLower(name) || own.Want == "" {
				t.Errorf("%s as %q: %v", name, text, err)
			}
		}
		fields.Field(i).Set(reflect.ValueOf(new(string)))
	}
	err := opened(t, all).checkFlags()
	if err == nil || strings.Count(err.Error(), "= is empty") != fields.NumField() {
		t.Errorf("all at once: %v", err)
	}
	for _, want := range []string{"rocky8, rocky9", "bookworm, jammy, noble", "auto, registry, standin", "packaged, tree", "patched, addon", "edit or compile"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if err := opened(t, Flags{}).checkFlags(); err != nil {
		t.Errorf("no flag: %v", err)
	}
}

// A run asks before it does anything, and ends with an error.
func TestRunWithAnEmptyFlag(t *testing.T) {
	t.Setenv("VERBSMITH_CACHE", t.TempDir())
	t.Setenv("VERBSMITH_DIST", t.TempDir())
	err := Run(t.Context(), Flags{Distro: new(string)}, func(*App, context.Context) error {
		t.Error("it was called")
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
}

// A release called "v" is none; it does not count as the default either.
func TestReleaseWithoutANumber(t *testing.T) {
	v := "v"
	if job, err := opened(t, Flags{RDMA: &v}).job(t.Context()); err == nil {
		t.Errorf("-rdma=v is %s", job.Version)
	}
}

func TestProviderNewWithEmptyFlags(t *testing.T) {
	empty := ""
	err := opened(t, Flags{}).ProviderNew(t.Context(), NewProvider{Name: "fly", Dir: &empty, Maintainer: &empty})
	if err == nil || !strings.Contains(err.Error(), "-dir= is empty") || !strings.Contains(err.Error(), "-maintainer= is empty") {
		t.Errorf("got %v", err)
	}
}

// What a run has to say and cannot is an error of the run.
func TestRunWithAFullOutput(t *testing.T) {
	t.Setenv("VERBSMITH_CACHE", t.TempDir())
	t.Setenv("VERBSMITH_DIST", t.TempDir())
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	os.Stdout = full
	err = Run(t.Context(), Flags{}, func(a *App, _ context.Context) error {
		a.ui.Table("results", []string{"a"}, [][]string{{"b"}})
		return nil
	})
	if err == nil {
		t.Error("a run whose results were lost succeeded")
	}
}
