// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"sync"
)

// InUseError says that a run requests another output in a volume that it still holds: it
// would wait for itself.
type InUseError struct{ Volume string }

// Error names the volume.
func (e *InUseError) Error() string {
	return fmt.Sprintf("internal error: this run requests another output in volume %s, which it still holds", e.Volume)
}

// heldVolumes are the volumes that a run reads from: no other run changes them.
type heldVolumes struct {
	mu     sync.Mutex
	byName map[string]*heldVolume
}

type heldVolume struct {
	key    string // of the output
	users  int
	unlock func()
}

// share adds a user of the volume if this run holds it with that output.
func (h *heldVolumes) share(name, key string) (release func(), shared bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch v := h.byName[name]; {
	case v == nil:
		return nil, false, nil
	case v.key != key:
		return nil, false, &InUseError{Volume: name}
	default:
		v.users++
		return h.releaser(name), true, nil
	}
}

// keep holds a locked volume with an output for its first user.
func (h *heldVolumes) keep(name, key string, unlock func()) (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byName == nil {
		h.byName = map[string]*heldVolume{}
	}
	h.byName[name] = &heldVolume{key: key, users: 1, unlock: unlock}
	return h.releaser(name)
}

// releaser returns a user's release function. Only its first call has an effect.
func (h *heldVolumes) releaser(name string) func() {
	return sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		v := h.byName[name]
		if v.users--; v.users == 0 {
			delete(h.byName, name)
			v.unlock()
		}
	})
}
