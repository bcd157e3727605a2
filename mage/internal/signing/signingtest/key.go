// SPDX-License-Identifier: Apache-2.0

package signingtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Key is what a key is made with.
type Key struct {
	Bits       int
	Passphrase string // "" is none
	Made       time.Time
	Lasts      time.Duration // 0 is for ever
}

// Write writes a new RSA key to a file.
func Write(t testing.TB, k Key) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key.asc")
	if err := WriteTo(file, k); err != nil {
		t.Fatal(err)
	}
	return file
}

// WriteTo writes a new RSA key to that file.
func WriteTo(file string, k Key) error {
	config := &packet.Config{
		RSABits: k.Bits, Algorithm: packet.PubKeyAlgoRSA, Time: func() time.Time { return k.Made },
		KeyLifetimeSecs: uint32(k.Lasts / time.Second),
	}
	entity, err := openpgp.NewEntity("Example Packages", "", "packages@example.com", config)
	if err == nil && k.Passphrase != "" {
		err = entity.EncryptPrivateKeys([]byte(k.Passphrase), nil)
	}
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PrivateKeyType, nil)
	if err == nil {
		err = errors.Join(entity.SerializePrivateWithoutSigning(w, nil), w.Close())
	}
	if err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	return os.WriteFile(file, out.Bytes(), 0o600)
}
