// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"encoding/binary"
	"errors"
	"reflect"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// played is a kernel with two devices, of which it has a uverbs device for the first.
type played struct {
	t       *testing.T
	asked   []uint16
	answers [][]byte
	refuse  syscall.Errno
	lacks   bool // the type of a node
}

func (p *played) answer(kind uint16, body []byte) {
	message := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	message = binary.NativeEndian.AppendUint16(message, kind)
	message = append(message, make([]byte, 10)...)
	p.answers = append(p.answers, append(message, body...))
}

func (p *played) send(message []byte) error {
	command := binary.NativeEndian.Uint16(message[4:])
	if command>>10 != nldev || int(binary.NativeEndian.Uint32(message)) != len(message) {
		p.t.Errorf("the message %x", message)
	}
	p.asked = append(p.asked, command&0x3ff)
	number := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	refusal := func(errno syscall.Errno) { p.answer(unix.NLMSG_ERROR, number(uint32(-int32(errno)))) }
	switch asked := command & 0x3ff; {
	case p.refuse != 0:
		refusal(p.refuse)
	case asked == cmdGet:
		for i, name := range []string{"rib0\x00", "fly0\x00"} {
			body := attribute(nil, attrIndex, number(uint32(i+7)))
			body = attribute(body, attrName, []byte(name))
			body = attribute(body, attrPorts, number(1))
			if !p.lacks {
				body = attribute(body, attrNodeType, []byte{1})
			}
			p.answer(nldev<<10|cmdGet, attribute(body, attrNodeGUID, binary.NativeEndian.AppendUint64(nil, 0x1122334455667788)))
		}
		p.answer(unix.NLMSG_DONE, nil)
	case asked == cmdGetChardev:
		asks := attributes(message[unix.SizeofNlMsghdr:])
		if cString(asks[attrChardevType]) != "uverbs" {
			p.t.Errorf("asks for %q", asks[attrChardevType])
		}
		if binary.NativeEndian.Uint32(asks[attrIndex]) != 7 {
			refusal(syscall.ENOENT)
			break
		}
		body := attribute(nil, attrChardevName, []byte("uverbs0\x00"))
		body = attribute(body, attrChardevABI, binary.NativeEndian.AppendUint64(nil, 3))
		p.answer(nldev<<10|cmdGetChardev, attribute(body, attrDriverID, number(22)))
		refusal(0)
	}
	return nil
}

func (p *played) receive(buffer []byte) (int, error) {
	if len(p.answers) == 0 {
		return 0, syscall.EAGAIN
	}
	n := copy(buffer, p.answers[0])
	p.answers = p.answers[1:]
	return n, nil
}

func TestKernelAnswers(t *testing.T) {
	id := uint32(22)
	guid := uint64(0x1122334455667788)
	want := []KernelDevice{
		{Name: "rib0", NodeGUID: guid, NodeType: 1, Ports: 1, Chardev: true, Uverbs: "uverbs0", ABI: 3, DriverID: &id},
		{Name: "fly0", NodeGUID: guid, NodeType: 1, Ports: 1},
	}
	p := &played{t: t}
	got, err := askDevices(t.Context(), p, true)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Where ib_uverbs is not loaded, nothing is asked that makes the kernel load it.
func TestNothingIsLoaded(t *testing.T) {
	p := &played{t: t}
	if _, err := askDevices(t.Context(), p, false); err != nil || !reflect.DeepEqual(p.asked, []uint16{cmdGet}) {
		t.Errorf("asked %v, %v", p.asked, err)
	}
	m := newMachine(t)
	m.remove("/sys/class/infiniband")
	m.live.Kernel = func(context.Context, bool) ([]KernelDevice, error) {
		t.Error("netlink was asked")
		return nil, nil
	}
	if m.ask().Status != StatusNothing {
		t.Error("a device is there")
	}
}

func TestKernelRefuses(t *testing.T) {
	if _, err := askDevices(t.Context(), &played{t: t, refuse: syscall.EPERM}, true); !errors.Is(err, syscall.EPERM) {
		t.Errorf("got %v", err)
	}
	if _, err := askDevices(t.Context(), &played{t: t, lacks: true}, true); !errors.Is(err, errIncomplete) {
		t.Errorf("an answer that says too little: got %v", err)
	}
}

// FuzzNetlink: no answer makes a reader fail.
func FuzzNetlink(f *testing.F) {
	f.Add(attribute(nil, attrName, []byte("rib0\x00")))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &played{t: t}
		p.answer(nldev<<10|cmdGet, data)
		p.answer(unix.NLMSG_ERROR, data)
		_ = ask(&silent{p}, cmdGet, 0, nil, func(attrs map[uint16][]byte) {
			for _, value := range attrs {
				number(value)
				cString(value)
			}
		})
	})
}

// silent is a kernel that gives the answers that it has.
type silent struct{ *played }

func (*silent) send([]byte) error { return nil }
