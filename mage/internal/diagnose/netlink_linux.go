// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Numbers of the kernel's interface (include/uapi/rdma/rdma_netlink.h).
const (
	nldev           = 5 // RDMA_NL_NLDEV, the upper bits of a message's type
	cmdGet          = 1
	cmdGetChardev   = 15
	attrIndex       = 1
	attrName        = 2
	attrPorts       = 3
	attrNodeGUID    = 6
	attrNodeType    = 14
	attrChardevType = 69
	attrChardevName = 70
	attrChardevABI  = 71
	attrDriverID    = 73
	typeMask        = 0x3fff // without the flags of an attribute's type
)

const (
	netlinkWait = 5 * time.Second
	netlinkMost = 4096 // devices
)

// AskKernel asks the RDMA netlink for the devices of this network namespace, and if chardev is set for each one's uverbs device. It
// needs no rights.
//
// A request makes the kernel load what would answer it, so the caller asks only what is loaded: netlink itself if
// /sys/class/infiniband is there, and chardev if /sys/class/infiniband_verbs is.
func AskKernel(ctx context.Context, chardev bool) ([]KernelDevice, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_RDMA)
	if err != nil {
		return nil, fmt.Errorf("open the RDMA netlink: %w", err)
	}
	defer unix.Close(fd) //nolint:errcheck // it was only read
	wait := unix.NsecToTimeval(netlinkWait.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return nil, fmt.Errorf("limit the wait for the RDMA netlink: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, fmt.Errorf("bind the RDMA netlink: %w", err)
	}
	return askDevices(ctx, netlinkSocket(fd), chardev)
}

// errIncomplete is an answer of an old kernel, with which libibverbs reads sysfs.
var errIncomplete = errors.New("the RDMA netlink says too little of a device")

// conversation is a netlink socket.
type conversation interface {
	send(message []byte) error
	receive(buffer []byte) (int, error)
}

type netlinkSocket int

func (s netlinkSocket) send(message []byte) error {
	return os.NewSyscallError("sendto", unix.Sendto(int(s), message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
}

func (s netlinkSocket) receive(buffer []byte) (int, error) {
	n, _, err := unix.Recvfrom(int(s), buffer, 0)
	return n, os.NewSyscallError("recvfrom", err)
}

func askDevices(ctx context.Context, with conversation, chardev bool) ([]KernelDevice, error) {
	var devices []KernelDevice
	var indexes []uint32
	complete := true
	err := ask(with, cmdGet, unix.NLM_F_DUMP, nil, func(attrs map[uint16][]byte) {
		for _, kind := range []uint16{attrName, attrNodeType, attrIndex, attrNodeGUID, attrPorts} {
			complete = complete && attrs[kind] != nil
		}
		if name := attrs[attrName]; name != nil && len(devices) < netlinkMost {
			devices = append(devices, KernelDevice{
				Name: cString(name), NodeGUID: number(attrs[attrNodeGUID]),
				NodeType: uint8(number(attrs[attrNodeType])), Ports: uint32(number(attrs[attrPorts])),
			})
			indexes = append(indexes, uint32(number(attrs[attrIndex])))
		}
	})
	if err == nil && !complete {
		err = errIncomplete
	}
	for i := range devices {
		if err != nil || !chardev || ctx.Err() != nil {
			break
		}
		askChardev(with, indexes[i], &devices[i])
	}
	return devices, errors.Join(err, ctx.Err())
}

// askChardev asks for a device's uverbs device. A kernel that does not know says so, and libibverbs then reads sysfs.
func askChardev(with conversation, index uint32, d *KernelDevice) {
	request := attribute(nil, attrIndex, binary.NativeEndian.AppendUint32(nil, index))
	request = attribute(request, attrChardevType, []byte("uverbs\x00"))
	_ = ask(with, cmdGetChardev, unix.NLM_F_ACK, request, func(attrs map[uint16][]byte) {
		if attrs[attrChardevName] == nil || attrs[attrChardevABI] == nil {
			return
		}
		d.Chardev, d.Uverbs, d.ABI = true, cString(attrs[attrChardevName]), uint32(number(attrs[attrChardevABI]))
		if id := attrs[attrDriverID]; id != nil {
			n := uint32(number(id))
			d.DriverID = &n
		}
	})
}

// attribute appends an attribute with its padding.
func attribute(to []byte, kind uint16, value []byte) []byte {
	to = binary.NativeEndian.AppendUint16(to, uint16(unix.SizeofNlAttr+len(value)))
	to = binary.NativeEndian.AppendUint16(to, kind)
	to = append(to, value...)
	for len(to)%unix.NLA_ALIGNTO != 0 {
		to = append(to, 0)
	}
	return to
}

// ask sends a request and gives the attributes of each answer.
func ask(with conversation, command, flags uint16, body []byte, take func(map[uint16][]byte)) error {
	message := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	message = binary.NativeEndian.AppendUint16(message, nldev<<10|command)
	message = binary.NativeEndian.AppendUint16(message, unix.NLM_F_REQUEST|flags)
	message = append(message, make([]byte, 8)...) // sequence and port
	message = append(message, body...)
	if err := with.send(message); err != nil {
		return fmt.Errorf("ask the RDMA netlink: %w", err)
	}
	buffer := make([]byte, 1<<17)
	for {
		n, err := with.receive(buffer)
		if err != nil {
			return fmt.Errorf("read the RDMA netlink: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return fmt.Errorf("read the RDMA netlink: %w", err)
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				return netlinkError(m.Data)
			default:
				take(attributes(m.Data))
			}
		}
	}
}

// netlinkError is the error in a message, nil for an acknowledgement.
func netlinkError(data []byte) error {
	if code := int32(number(data[:min(len(data), 4)])); code != 0 {
		return os.NewSyscallError("RDMA netlink", syscall.Errno(-code))
	}
	return nil
}

func attributes(data []byte) map[uint16][]byte {
	found := map[uint16][]byte{}
	for len(data) >= unix.SizeofNlAttr {
		size := int(binary.NativeEndian.Uint16(data))
		if size < unix.SizeofNlAttr || size > len(data) {
			break
		}
		found[binary.NativeEndian.Uint16(data[2:])&typeMask] = data[unix.SizeofNlAttr:size]
		data = data[min(len(data), (size+unix.NLA_ALIGNTO-1)&^(unix.NLA_ALIGNTO-1)):]
	}
	return found
}

// number is an attribute's number, whatever its width.
func number(data []byte) uint64 {
	switch len(data) {
	case 1:
		return uint64(data[0])
	case 4:
		return uint64(binary.NativeEndian.Uint32(data))
	case 8:
		return binary.NativeEndian.Uint64(data)
	default:
		return 0
	}
}

func cString(data []byte) string { return unix.ByteSliceToString(data) }
