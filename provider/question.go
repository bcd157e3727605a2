// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// QuestionMark begins the comment of a manifest that asks what only the vendor knows. The value after it is a guess.
const QuestionMark = "# QUESTION: "

// QuestionError is an open question of a manifest.
type QuestionError struct {
	File string
	Line int
	Text string
}

// Error says where the question is, and how to close it.
func (q *QuestionError) Error() string {
	return fmt.Sprintf("%s: open question: %s (correct the value after it if it is wrong, and remove the comment)",
		edit.At(q.File, q.Line), edit.Cut(q.Text))
}

const maxQuestions = 50

// readQuestions lists the questions in a manifest's comments.
func readQuestions(file string, data []byte) []QuestionError {
	var out []QuestionError
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text, ok := strings.CutPrefix(strings.TrimSpace(string(line)), QuestionMark)
		if ok && len(out) < maxQuestions {
			out = append(out, QuestionError{File: file, Line: n, Text: text})
		}
	}
	return out
}
