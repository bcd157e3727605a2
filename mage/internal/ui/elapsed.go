// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"time"
)

// clock shows a running time: 0:42, 12:05, 1:02:03.
func clock(d time.Duration) string {
	const perMinute, perHour = 60, 3600
	s := max(int64(d/time.Second), 0)
	if s < perHour {
		return fmt.Sprintf("%d:%02d", s/perMinute, s%perMinute)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/perHour, s%perHour/perMinute, s%perMinute)
}

// Took shows how long something finished took: 0.3 s, 42.1 s, and from a minute on as a clock does.
func Took(d time.Duration) string {
	if d = max(d, 0); d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Truncate(time.Second/10).Seconds())
	}
	return clock(d)
}

// bytes shows a size in the unit that keeps it short: 512 B, 1.4 MiB.
func bytes(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", max(n, 0))
	}
	value, units := float64(n)/unit, "KMGTPE"
	for value >= unit-0.05 && len(units) > 1 {
		value /= unit
		units = units[1:]
	}
	return fmt.Sprintf("%.1f %ciB", value, units[0])
}
