// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// rounds are n ratios against ones, below of them below Equal.
func rounds(t *testing.T, n, below int) Measurement {
	t.Helper()
	mine := append(slices.Repeat([]float64{0.85}, below), slices.Repeat([]float64{1.05}, n-below)...)
	m, err := Measure(mine, slices.Repeat([]float64{1}, n), false)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSlowerIsWhatChanceDoesNotExplain(t *testing.T) {
	for _, test := range []struct {
		n, below        int
		slower, settled bool
	}{
		{40, 0, false, true},
		{40, 20, false, false},
		{40, 27, false, false}, // a fair coin does this once in fifty times
		{40, 28, true, false},
		{40, 40, true, false},
		{5, 5, false, false}, // too few to say so
		{7, 7, true, false},
	} {
		m := rounds(t, test.n, test.below)
		if m.Slower() != test.slower || m.Settled() != test.settled {
			t.Errorf("%d of %d below: slower %v, settled %v", test.below, test.n, m.Slower(), m.Settled())
		}
	}
}

func TestRoundsAreComparedWithTheirOwn(t *testing.T) {
	// The machine is half as fast in the second half; the ratios do not show it.
	m, err := Measure([]float64{100, 101, 50, 51}, []float64{100, 100, 50, 50}, false)
	if err != nil || m.Equal != 4 || math.Abs(m.Ratio-1.005) > 0.001 {
		t.Errorf("got %+v, %v", m, err)
	}
	m, err = Measure([]float64{20, 10, 30}, []float64{10, 10, 10}, true)
	if err != nil || m.Ratio != 0.5 || m.Equal != 1 {
		t.Errorf("less is better: got %+v, %v", m, err)
	}
}

func TestWithoutRoundsThereIsNothingToCompare(t *testing.T) {
	for _, test := range [][2][]float64{{}, {{1}, {}}, {{1, 2}, {1}}, {{1}, {0}}, {{-1}, {1}}} {
		if _, err := Measure(test[0], test[1], false); err == nil {
			t.Errorf("%v: no error", test)
		} else if _, ok := errors.AsType[*NoRoundsError](err); !ok {
			t.Errorf("%v: got %v", test, err)
		}
	}
}

func TestMedian(t *testing.T) {
	if median([]float64{9, 1, 5}) != 5 || median([]float64{4, 1, 3, 2}) != 2.5 {
		t.Error("the middle, or the mean of the two in the middle")
	}
}
