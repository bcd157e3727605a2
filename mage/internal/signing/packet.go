// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"math/bits"
	"time"
)

// The types of signatures (RFC 9580, 5.2.1).
const (
	ofBytes byte = 0x00
	ofText  byte = 0x01
)

// What a signature packet has in it (RFC 9580, 4.2.2, 5.2.3, 9.1 and 9.5).
const (
	oldSignature = 0x89 // tag 2, old format, two bytes of length
	version4     = 4
	algorithmRSA = 1
	hashSHA256   = 8

	subpacketCreated     = 2
	subpacketExpires     = 3
	subpacketIssuer      = 16
	subpacketFingerprint = 33
)

// packet is a version 4 signature over what h has read, as gpg writes it. Libraries mark the time as critical; then the rpm of Enterprise
// Linux 8 and 9 does not read it. Nothing in it is by chance.
func (k *Key) packet(ctx context.Context, kind byte, h hash.Hash, when When) ([]byte, error) {
	var signed bytes.Buffer
	signed.Write([]byte{version4, kind, algorithmRSA, hashSHA256})
	area := subpacket(subpacketFingerprint, append([]byte{version4}, k.entity.PrimaryKey.Fingerprint...))
	area = append(area, subpacket(subpacketCreated, binary.BigEndian.AppendUint32(nil, seconds(when.Time.Unix())))...)
	if when.Valid > 0 {
		area = append(area, subpacket(subpacketExpires, binary.BigEndian.AppendUint32(nil, seconds(int64(when.Valid/time.Second))))...)
	}
	signed.Write(binary.BigEndian.AppendUint16(nil, uint16(len(area))))
	signed.Write(area)

	h.Write(signed.Bytes())
	h.Write([]byte{version4, math.MaxUint8})
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(signed.Len())))
	digest := h.Sum(nil)
	sig, err := k.signer.raw(ctx, digest)
	if err != nil {
		return nil, err
	}
	sig = bytes.TrimLeft(sig, "\x00")
	if len(sig) == 0 {
		return nil, errAnswer
	}
	issuer := subpacket(subpacketIssuer, binary.BigEndian.AppendUint64(nil, k.entity.PrimaryKey.KeyId))
	body := signed.Bytes()
	body = binary.BigEndian.AppendUint16(body, uint16(len(issuer)))
	body = append(body, issuer...)
	body = append(body, digest[:2]...)
	body = binary.BigEndian.AppendUint16(body, uint16((len(sig)-1)*8+bits.Len8(sig[0])))
	body = append(body, sig...)
	if len(body) > math.MaxUint16 {
		return nil, fmt.Errorf("%w of %d bytes", errAnswer, len(sig))
	}
	out := binary.BigEndian.AppendUint16([]byte{oldSignature}, uint16(len(body)))
	return append(out, body...), nil
}

// subpacket is one of a signature, which are short here.
func subpacket(kind byte, data []byte) []byte {
	return append([]byte{byte(len(data) + 1), kind}, data...)
}

// seconds are what OpenPGP can write: 32 bits.
func seconds(n int64) uint32 {
	return uint32(min(max(n, 0), math.MaxUint32))
}
