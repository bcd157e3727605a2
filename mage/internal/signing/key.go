// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Key is an OpenPGP key that can sign. Its signatures are the same bytes each time for the same data at the same time.
type Key struct {
	entity *openpgp.Entity // its public part
	signer signer
}

// signer is where the private part is: it gives the PKCS #1 v1.5 signature of a SHA-256.
type signer interface {
	raw(ctx context.Context, digest []byte) ([]byte, error)
}

// When is the time of a signature and how long it is valid: 0 is for ever. What is left of a second is cut off.
type When struct {
	Time  time.Time
	Valid time.Duration
}

// KeyError is a key that cannot be used.
type KeyError struct{ Key, Want, Got string }

// Error names the key, what was wanted and what was found.
func (e *KeyError) Error() string { return fmt.Sprintf("%s: want %s, got %s", e.Key, e.Want, e.Got) }

// GPGPrefix is in front of the name of a key that gpg has.
const GPGPrefix = "gpg:"

// Open opens a key: a file with a private key, armored or not, or gpg:NAME for a key that gpg has, on a card too. passphrase is asked
// for that of a file that has one; gpg asks itself.
//
// Errors: *KeyError, *ProgramError.
func Open(ctx context.Context, name string, passphrase func() ([]byte, error)) (*Key, error) {
	open := func() (*Key, error) { return openFile(name, passphrase) }
	if id, ok := strings.CutPrefix(name, GPGPrefix); ok {
		open = func() (*Key, error) { return openGPG(ctx, name, id) }
	}
	key, err := open()
	if err != nil {
		return nil, err
	}
	return key, usable(name, key.entity, time.Now())
}

// leastBits is the shortest RSA key that Enterprise Linux 9 and 10 accept (crypto-policies, DEFAULT).
const leastBits = 2048

// usable refuses a key that one of the distributions would not accept. The rpm of Enterprise Linux 8 reads no other keys than RSA's, and
// in rpm 4.14 a subkey's signatures are unknown.
func usable(name string, e *openpgp.Entity, now time.Time) error {
	want := fmt.Sprintf("an RSA key of %d bits or more, whose primary key signs: the rpm of Enterprise Linux 8 takes no other", leastBits)
	key, rsaKey := e.PrimaryKey.PublicKey.(*rsa.PublicKey)
	switch {
	case !rsaKey:
		return &KeyError{name, want, "a key of another kind"}
	case key.N.BitLen() < leastBits:
		return &KeyError{name, want, fmt.Sprintf("%d bits", key.N.BitLen())}
	case e.Revoked(now):
		return &KeyError{name, "a valid key", "a revoked one"}
	case expired(e, now):
		return &KeyError{name, "a valid key", "one that has expired"}
	}
	for _, k := range openpgp.EntityList([]*openpgp.Entity{e}).KeysByIdUsage(e.PrimaryKey.KeyId, packet.KeyFlagSign) {
		if k.PublicKey.KeyId == e.PrimaryKey.KeyId {
			return nil
		}
	}
	return &KeyError{name, want, "a primary key that only certifies"}
}

func expired(e *openpgp.Entity, at time.Time) bool {
	self, _ := e.PrimarySelfSignature()
	return self != nil && e.PrimaryKey.KeyExpired(self, at)
}

// Fingerprint is the key's, in hexadecimal digits.
func (k *Key) Fingerprint() string { return Fingerprint(k.entity) }

// Fingerprint is a key's, in hexadecimal digits.
func Fingerprint(e *openpgp.Entity) string { return fmt.Sprintf("%X", e.PrimaryKey.Fingerprint) }

// User is who the key says its owner is.
func (k *Key) User() string {
	if id := k.entity.PrimaryIdentity(); id != nil {
		return id.Name
	}
	return ""
}

// At is a time for signatures that is the same each time: that of what is signed, or else when the key was made, because no signature is
// older than its key.
func (k *Key) At(epoch time.Time) time.Time {
	if made := k.entity.PrimaryKey.CreationTime; made.After(epoch) {
		return made
	}
	return epoch
}

// Public is the public key, armored.
func (k *Key) Public() ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err == nil {
		err = k.entity.Serialize(w)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("write the public key: %w", err)
	}
	return append(out.Bytes(), '\n'), nil
}

// PublicPEM is the public key as those want it who do not read OpenPGP, such as cosign.
func (k *Key) PublicPEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k.entity.PrimaryKey.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("write the public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// Detach is a binary signature of data, of any size.
func (k *Key) Detach(ctx context.Context, data io.Reader, when When) ([]byte, error) {
	h := sha256.New()
	if _, err := io.Copy(h, data); err != nil {
		return nil, fmt.Errorf("read what is to be signed: %w", err)
	}
	return k.packet(ctx, ofBytes, h, when)
}

// Armored is Detach as text.
func (k *Key) Armored(ctx context.Context, data io.Reader, when When) ([]byte, error) {
	sig, err := k.Detach(ctx, data, when)
	if err != nil {
		return nil, err
	}
	return armored(sig)
}

// armored is a signature as text, with a checksum.
func armored(sig []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.SignatureType, nil)
	if err == nil {
		_, err = w.Write(sig)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("write a signature: %w", err)
	}
	return append(out.Bytes(), '\n'), nil
}

// Clear is text with a signature around it.
func (k *Key) Clear(ctx context.Context, text []byte, when When) ([]byte, error) {
	h := sha256.New()
	var out bytes.Buffer
	out.WriteString("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n")
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		line = strings.TrimRight(line, " \t\r") // which no signature covers
		if i > 0 {
			io.WriteString(h, "\r\n") //nolint:errcheck // a hash takes everything
		}
		io.WriteString(h, line) //nolint:errcheck // a hash takes everything
		if strings.HasPrefix(line, "-") {
			out.WriteString("- ")
		}
		out.WriteString(line + "\n")
	}
	sig, err := k.packet(ctx, ofText, h, when)
	if err != nil {
		return nil, err
	}
	signature, err := armored(sig)
	return append(out.Bytes(), signature...), err
}

// Sign implements dsse.Signer: PKCS #1 v1.5 over SHA-256.
func (k *Key) Sign(ctx context.Context, data []byte) ([]byte, error) {
	sum := sha256.Sum256(data)
	return k.signer.raw(ctx, sum[:])
}

// KeyID implements dsse.Signer. cosign accepts no signature with another name of the key than the one it makes itself.
func (k *Key) KeyID() (string, error) { return keyID(k.entity) }

// keyID is what go-securesystemslib, and with it cosign, calls a key.
func keyID(e *openpgp.Entity) (string, error) {
	id, err := dsse.SHA256KeyID(e.PrimaryKey.PublicKey)
	if err != nil {
		return "", fmt.Errorf("name the key for an envelope: %w", err)
	}
	return id, nil
}
