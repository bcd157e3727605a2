// SPDX-License-Identifier: Apache-2.0

package ui

import "strings"

// colour is an SGR parameter of ECMA-48.
type colour string

const (
	noColour colour = ""
	red      colour = "31"
	green    colour = "32"
	yellow   colour = "33"
	cyan     colour = "36"
)

// wordColour is the colour of a word that a table or a stage's line shows in colour, in capitals or not.
func wordColour(word string) colour {
	switch strings.ToLower(word) {
	case "pass", "ok", string(StateDone):
		return green
	case "fail", "missing", string(StateFailed):
		return red
	case "unavailable", "warning", "skipped", "note", "not supported":
		return yellow
	case string(StateCached):
		return cyan
	default:
		return noColour
	}
}

func (s State) colour() colour { return wordColour(string(s)) }

// paint colours text on Err if colours are wanted. The columns that text takes stay the same.
func (u *UI) paint(c colour, text string) string { return u.painted(u.opts.Terminal, c, text) }

// paintOut is paint on Out.
func (u *UI) paintOut(c colour, text string) string { return u.painted(u.opts.OutTerminal, c, text) }

func (u *UI) painted(terminal bool, c colour, text string) string {
	if c == noColour || u.opts.NoColor || !terminal {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
