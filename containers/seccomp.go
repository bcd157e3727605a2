// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Of linux/socket.h and linux/netlink.h.
const (
	familyNetlink = 16
	familyVsock   = 40 // refused by the engine's default profile too
	netlinkRDMA   = 20
)

// RefuseRDMANetlink returns the engine's default seccomp profile as JSON, except that no socket of the RDMA netlink
// family can be created: on a host whose kernel has RDMA, libibverbs would otherwise get its answer from there
// instead of from a test's sysfs tree.
func RefuseRDMANetlink() (string, error) {
	profile := seccomp.DefaultProfile()
	for _, rule := range profile.Syscalls {
		rule.Names = slices.DeleteFunc(rule.Names, func(name string) bool { return name == "socket" })
	}
	profile.Syscalls = slices.DeleteFunc(profile.Syscalls, func(rule *seccomp.Syscall) bool {
		return len(rule.Names) == 0
	})
	// Rules for one call are alternatives, and a rule may compare an argument
	// only once, so the families between the two are listed one by one.
	profile.Syscalls = append(profile.Syscalls,
		allowSocket(compare(0, specs.OpLessThan, familyNetlink)),
		allowSocket(compare(0, specs.OpGreaterThan, familyVsock)),
		allowSocket(compare(0, specs.OpEqualTo, familyNetlink), compare(2, specs.OpNotEqual, netlinkRDMA)),
	)
	for family := uint64(familyNetlink + 1); family < familyVsock; family++ {
		profile.Syscalls = append(profile.Syscalls, allowSocket(compare(0, specs.OpEqualTo, family)))
	}
	data, err := json.Marshal(profile)
	if err != nil {
		return "", fmt.Errorf("write the seccomp profile: %w", err)
	}
	return string(data), nil
}

// AllowFixedAddresses returns the engine's default seccomp profile as JSON, except that a process may ask for its addresses not to be
// random (setarch -R).
func AllowFixedAddresses() (string, error) {
	const noRandomize = 0x0040000 // ADDR_NO_RANDOMIZE of linux/personality.h
	profile := seccomp.DefaultProfile()
	profile.Syscalls = append(profile.Syscalls, &seccomp.Syscall{LinuxSyscall: specs.LinuxSyscall{
		Names: []string{"personality"}, Action: specs.ActAllow, Args: []specs.LinuxSeccompArg{compare(0, specs.OpEqualTo, noRandomize)},
	}})
	data, err := json.Marshal(profile)
	if err != nil {
		return "", fmt.Errorf("write the seccomp profile: %w", err)
	}
	return string(data), nil
}

func allowSocket(args ...specs.LinuxSeccompArg) *seccomp.Syscall {
	return &seccomp.Syscall{LinuxSyscall: specs.LinuxSyscall{
		Names: []string{"socket"}, Action: specs.ActAllow, Args: args,
	}}
}

func compare(index uint, op specs.LinuxSeccompOperator, value uint64) specs.LinuxSeccompArg {
	return specs.LinuxSeccompArg{Index: index, Op: op, Value: value}
}
