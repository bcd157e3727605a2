// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"bytes"
	"encoding/binary"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// rpmHead is all of an RPM in front of its payload. A binary package names its source.
func rpmHead(name, arch string, binaryPackage bool) []byte {
	lead := make([]byte, unpack.LeadSize)
	copy(lead, unpack.RPMMagic+"\x03")
	lead[79] = 5 // the signature is a header
	tags := map[int]string{rpmutils.NAME: name, rpmutils.ARCH: arch}
	if binaryPackage {
		tags[rpmutils.SOURCERPM] = name + ".src.rpm"
	}
	out := bytes.NewBuffer(lead)
	header(out, nil)
	header(out, tags)
	return out.Bytes()
}

func header(out *bytes.Buffer, tags map[int]string) {
	var index, store bytes.Buffer
	for tag, text := range tags {
		for _, v := range []int{tag, rpmutils.RPM_STRING_TYPE, store.Len(), 1} {
			_ = binary.Write(&index, binary.BigEndian, uint32(v))
		}
		store.WriteString(text + "\x00")
	}
	out.WriteString(unpack.HeaderMagic + "\x00\x00\x00\x00")
	_ = binary.Write(out, binary.BigEndian, []uint32{uint32(len(tags)), uint32(store.Len())})
	out.Write(index.Bytes())
	out.Write(store.Bytes())
}
