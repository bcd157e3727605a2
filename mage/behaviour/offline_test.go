// SPDX-License-Identifier: Apache-2.0

//go:build behaviour

package behaviour

import "testing"

// TestOffline runs without an engine; each script has a cache of its own
// unless it shares the machine's downloads.
func TestOffline(t *testing.T) { run(t, "testdata/offline", "") }
