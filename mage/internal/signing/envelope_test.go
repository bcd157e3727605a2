// SPDX-License-Identifier: Apache-2.0

package signing

import (
	"context"
	"crypto"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// others is how cosign checks with the key of a file: it has no name for it, so the library makes one.
type others struct{ *Ring }

func (others) KeyID() (string, error)     { return "", nil }
func (o others) Public() crypto.PublicKey { return o.Ring.Public() }

func TestEnvelopesAreForOthersToo(t *testing.T) {
	at := time.Now()
	key := opened(t, made(t, 3072, "", at))
	signer, err := dsse.NewEnvelopeSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := signer.SignPayload(context.Background(), "text/plain", []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	ring := ringOf(t, key, at)
	for name, verifier := range map[string]dsse.Verifier{"own": ring, "without a name": others{ring}} {
		check, err := dsse.NewEnvelopeVerifier(verifier)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := check.Verify(context.Background(), envelope); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
