// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"fmt"
	"time"
)

// firstDate is the first date that a file of an rdma-core can have: its oldest code is from
// 2005. Every date between it and [lastDate] is accepted. This machine's clock may be wrong and
// is not used.
func firstDate() time.Time { return time.Date(2005, time.January, 1, 0, 0, 0, 0, time.UTC) }

// lastDate is the end of the valid dates: every format written here can hold the dates before
// it.
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
	// No file is older than the Epoch, which single files without a date have.
	// Seconds are compared: a time.Time of 2^63 of them counts as one in the past.
	if d.oddName == "" && (when.Unix() < 0 || when.Unix() >= lastDate().Unix()) {
		d.odd, d.oddName = when, name
	}
}

// fault refuses an archive if the date of its newest file is not plausible.
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

// shownDate is a date for people, or the number of seconds if it is out of range.
func shownDate(t time.Time) string {
	const year10000 = 253402300800
	if s := t.Unix(); s < -year10000 || s >= year10000 {
		return fmt.Sprintf("%d seconds from 1970", t.Unix())
	}
	return t.UTC().Format(time.RFC3339)
}
