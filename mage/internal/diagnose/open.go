// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Request is what a command asks for.
type Request struct {
	Root string // a directory with another machine's files, "" for this machine
	JSON bool
	// LookupEnv reads the environment of this machine.
	LookupEnv func(string) (string, bool)
}

var errOtherSystem = errors.New("this system has no verbs devices: give a Linux machine's files with -root=DIR")

// Do asks, writes the report to out, and gives it.
//
// Errors: of a root that is no directory that can be opened; of ctx; of writing.
func Do(ctx context.Context, r Request, out io.Writer) (*Report, error) {
	dir, live := "/", (*Live)(nil)
	if r.Root != "" {
		dir = r.Root
	} else if live = ThisMachine(r.LookupEnv); live == nil {
		return nil, errOtherSystem
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the tree to ask: %w", err)
	}
	defer root.Close()
	report, err := Ask(ctx, Options{Tree: NewTree(root.FS()), Root: r.Root, Live: live})
	if err != nil {
		return nil, err
	}
	write := report.WriteText
	if r.JSON {
		write = report.WriteJSON
	}
	if err := write(out); err != nil {
		return nil, err
	}
	return report, nil
}
