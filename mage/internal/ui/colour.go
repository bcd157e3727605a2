// SPDX-License-Identifier: Apache-2.0

package ui

// colour is an SGR parameter of ECMA-48.
type colour string

const (
	noColour colour = ""
	red      colour = "31"
	green    colour = "32"
	yellow   colour = "33"
	cyan     colour = "36"
)

// wordColours are the words that a table or a stage's line shows in colour.
func wordColour(word string) colour {
	switch word {
	case "pass", "ok", string(StateDone):
		return green
	case "fail", "missing", string(StateFailed):
		return red
	case "unavailable", "warning", "skipped":
		return yellow
	case string(StateCached):
		return cyan
	default:
		return noColour
	}
}

func (s State) colour() colour { return wordColour(string(s)) }

// paint colours text if colours are wanted. The columns that text takes stay the same.
func (u *UI) paint(c colour, text string) string {
	if c == noColour || u.opts.NoColor || !u.opts.Terminal {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
