// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"math"
	"slices"
)

// Equal is the lowest ratio of a round that counts as equal: two runs on an emulated machine
// differ by a few percent.
const Equal = 0.9

// certain is the significance level: the rounds of an equally fast device are this unlikely to
// look slower.
const certain = 0.01

// Measurement is the comparison of rounds on two devices in turn.
type Measurement struct {
	Ratios []float64 // how many times as good each round's first value is
	Ratio  float64   // their median
	Equal  int       // how many of them are at least the constant Equal

	mine, other float64 // medians of the values
}

// Measure compares round by round: a disturbance that lasts longer than a round affects both
// values of a ratio. The values are those of the same rounds, at least one, and above zero.
//
// Errors: *NoRoundsError.
func Measure(mine, other []float64, lessIsBetter bool) (Measurement, error) {
	none := func(v float64) bool { return v <= 0 }
	if len(mine) == 0 || len(mine) != len(other) || slices.ContainsFunc(mine, none) || slices.ContainsFunc(other, none) {
		return Measurement{}, &NoRoundsError{Mine: mine, Other: other}
	}
	m := Measurement{mine: median(mine), other: median(other)}
	for i := range mine {
		ratio := mine[i] / other[i]
		if lessIsBetter {
			ratio = other[i] / mine[i]
		}
		m.Ratios = append(m.Ratios, ratio)
		if ratio >= Equal {
			m.Equal++
		}
	}
	m.Ratio = median(m.Ratios)
	return m, nil
}

// Slower reports whether so few rounds were equal that chance does not explain it:
// a device as good as the other has half of its ratios above one, so at least
// half from Equal on (a sign test). A few rounds can never say so.
func (m Measurement) Slower() bool {
	return atMost(m.Equal, len(m.Ratios)) < certain
}

// Settled reports whether no more rounds are needed: the median is as good.
func (m Measurement) Settled() bool { return m.Ratio >= 1 }

// String implements fmt.Stringer.
func (m Measurement) String() string {
	return fmt.Sprintf("%.2f times as good (median of %d rounds, %d of them at least %.1f; medians %.2f and %.2f)",
		m.Ratio, len(m.Ratios), m.Equal, Equal, m.mine, m.other)
}

// NoRoundsError says that there are no rounds to compare.
type NoRoundsError struct{ Mine, Other []float64 }

// Error implements error.
func (e *NoRoundsError) Error() string {
	return fmt.Sprintf("nothing to compare: want equally many values above zero, got %v and %v", e.Mine, e.Other)
}

// atMost is the chance of k heads or fewer in n throws of a fair coin.
func atMost(k, n int) float64 {
	chance, term := 0.0, math.Pow(0.5, float64(n)) // of exactly i heads
	for i := range k + 1 {
		chance += term
		term *= float64(n-i) / float64(i+1)
	}
	return chance
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
