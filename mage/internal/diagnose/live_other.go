// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package diagnose

import "io/fs"

// ThisMachine is nil: only Linux has verbs devices of this kind, and elsewhere only a tree can be asked.
func ThisMachine(func(string) (string, bool)) *Live { return nil }

// deviceNumber is not known.
func deviceNumber(fs.FileInfo) (string, bool) { return "", false }
