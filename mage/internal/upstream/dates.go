// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"fmt"
	"time"
)

// firstDate is the first date that a file of an rdma-core can have: the oldest code in it is of
// 2005. What is between it and [lastDate] is taken as it is: this machine's clock may be wrong,
// and is not asked.
func firstDate() time.Time { return time.Date(2005, time.January, 1, 0, 0, 0, 0, time.UTC) }

// lastDate is the first one that none can have: what is before it, every format that is written
// here can hold.
func lastDate() time.Time { return time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC) }

// PlausibleDate reports whether a file of an rdma-core, or an entry of its packages'
// changelogs, can have that date.
func PlausibleDate(t time.Time) bool { return !t.Before(firstDate()) && t.Before(lastDate()) }

// dates are those of an archive's entries.
type dates struct {
	newest, odd         time.Time
	newestName, oddName string // of the first entry with it
}

func (d *dates) see(name string, when time.Time) {
	if d.newestName == "" || when.After(d.newest) {
		d.newest, d.newestName = when, name
	}
	// Nothing is older than the Epoch; single files without a date are known.
	// Seconds are compared: a time.Time of 2^63 of them counts as one in the past.
	if d.oddName == "" && (when.Unix() < 0 || when.Unix() >= lastDate().Unix()) {
		d.odd, d.oddName = when, name
	}
}

// fault refuses an archive whose newest file cannot date it.
func (d *dates) fault(archive string) error {
	name, when := d.oddName, d.odd
	if name == "" && d.newestName != "" && !PlausibleDate(d.newest) {
		name, when = d.newestName, d.newest
	}
	if name == "" {
		return nil
	}
	reason := fmt.Sprintf("is dated %s: want a date from %s until %s, because a build gets the date of the newest file", shownDate(when),
		firstDate().Format(time.DateOnly), lastDate().Format(time.DateOnly))
	return &ArchiveError{Archive: archive, Entry: name, Reason: reason}
}

// shownDate is a date for people, and for what has none the number of seconds.
func shownDate(t time.Time) string {
	const year10000 = 253402300800
	if s := t.Unix(); s < -year10000 || s >= year10000 {
		return fmt.Sprintf("%d seconds from 1970", t.Unix())
	}
	return t.UTC().Format(time.RFC3339)
}
