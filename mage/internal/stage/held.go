// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"sync"
)

// InUseError says that a run asks for another output in a volume whose output it still
// reads: it would wait for itself.
type InUseError struct{ Volume string }

// Error names the volume.
func (e *InUseError) Error() string {
	return fmt.Sprintf("internal error: another output is wanted in volume %s, which this run still reads", e.Volume)
}

// heldVolumes are the volumes with outputs that a run reads: no other run changes them.
type heldVolumes struct {
	mu     sync.Mutex
	byName map[string]*heldVolume
}

type heldVolume struct {
	key    string // of the output
	users  int
	unlock func()
}

// share gives the volume to one more user if this run holds it with that output; release
// is nil if it does not hold it.
func (h *heldVolumes) share(name, key string) (release func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch v := h.byName[name]; {
	case v == nil:
		return nil, nil
	case v.key != key:
		return nil, &InUseError{Volume: name}
	default:
		v.users++
		return h.releaser(name), nil
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

// releaser gives a user's function, which does nothing when it is called again.
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
