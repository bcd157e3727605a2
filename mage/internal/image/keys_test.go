// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever an image is made of changes its reference.
func TestKeysHaveEachField(t *testing.T) {
	stagetest.EachFieldCounts(t, built{})
	stagetest.EachFieldCounts(t, installed{})
	stagetest.EachFieldCounts(t, bootstrapped{})
	stagetest.EachFieldCounts(t, installedDebian{})
	stagetest.EachFieldCounts(t, standinImage{})
	stagetest.EachFieldCounts(t, distroInput{})
}

// counted is made by counting.
type counted struct {
	Name string
	made *[]string `key:"-"`
	lost bool      `key:"-"` // the engine does not have it afterwards
}

func (in counted) make(_ context.Context, w work) error {
	*in.made = append(*in.made, in.Name)
	if !in.lost {
		engine, _ := w.engine.(*stagetest.Engine)
		engine.Images[w.ref] = "sha256:" + in.Name
	}
	return nil
}

func newImage(t *testing.T, how counted) image {
	t.Helper()
	i, err := ownImage("kind", how.Name, how)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// An image is made where it is not here, after the one that it stands on, or where it is to
// be fresh; and it has to be here then.
func TestEnsure(t *testing.T) {
	var made []string
	b := newBuilder(t, &stagetest.Engine{Images: map[string]string{}})
	s := b.Begin("x")
	below := newImage(t, counted{Name: "below", made: &made})
	above := newImage(t, counted{Name: "above", made: &made})
	above.on = []*image{&below}
	ensure := func(i image, here bool, want ...string) {
		t.Helper()
		made = nil
		id, was, err := b.ensure(t.Context(), i, s)
		if err != nil || id == "" || was != here || !slices.Equal(made, want) {
			t.Errorf("got %q, %t, %v: made %q, want %q", id, was, err, made, want)
		}
	}
	ensure(above, false, "below", "above")
	ensure(above, true)
	ensure(below, true)
	above.fresh = true
	ensure(above, false, "above")
	if _, _, err := b.ensure(t.Context(), newImage(t, counted{Name: "lost", made: &made, lost: true}), s); err == nil {
		t.Error("an image that is not here afterwards is taken")
	}
	if _, here, err := b.find(t.Context(), newImage(t, counted{Name: "other", made: &made}), s); err != nil || here || slices.Contains(made, "other") {
		t.Errorf("looking for an image: %t, %v, made %q", here, err, made)
	}
}

// Of two runs one makes the image while the other waits.
func TestEnsureIsExclusive(t *testing.T) {
	var made []string
	b := newBuilder(t, &stagetest.Engine{Images: map[string]string{}})
	i := newImage(t, counted{Name: "a", made: &made})
	unlock, err := b.Cache.Lock(t.Context(), i.lock, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	short, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer stop()
	if _, _, err := b.ensure(short, i, b.Begin("x")); !errors.Is(err, context.DeadlineExceeded) || len(made) > 0 {
		t.Errorf("got %v, made %q", err, made)
	}
}

// What a pull cannot have comes with advice where there is some.
func TestPullFails(t *testing.T) {
	b := newBuilder(t, &stagetest.Engine{Unreachable: errUnreachable})
	for _, advice := range []string{"", "try another"} {
		_, _, err := b.ensure(t.Context(), b.registryImage("x", advice), b.Begin("x"))
		advised, ok := errors.AsType[*stage.AdviceError](err)
		if !errors.Is(err, errUnreachable) || ok != (advice != "") || ok && advised.What != advice {
			t.Errorf("advice %q: %v", advice, err)
		}
	}
}
