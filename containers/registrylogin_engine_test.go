// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// passwordHash is bcrypt's of "verysecret".
const passwordHash = "$2b$04$5/cQmdwUovjHDgjp2dqHZuGd6qLISiRNteNThxUVWNjmIwKJoT2Y6"

// certificate makes a certificate for an address, which is its own CA, and its key.
func certificate(t *testing.T, address string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "verbsmith test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(address)},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "ca.crt"), filepath.Join(dir, "key.pem")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(cert, public, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return cert, key, pool
}

// trusted lets the engine trust a registry's certificate until the test ends.
func trusted(t *testing.T, registry, cert string) {
	t.Helper()
	const certs = "/etc/docker/certs.d"
	_, err := os.Stat(certs)
	missing := os.IsNotExist(err)
	dir := filepath.Join(certs, registry)
	data, err := os.ReadFile(cert)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(dir)
		if missing {
			_ = os.Remove(certs) // unless somebody else uses it by now
		}
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "ca.crt"), data, 0o600)
	}
	if err != nil {
		t.Fatal("this needs root, on the engine's machine:", err)
	}
}

// A registry with TLS and a password, as a site has it, gives its image to who is trusted and known, by each way that docker's
// configuration has. It is at an address for which an engine insists on TLS, as it does not on loopback.
func TestRegistryWithTLSAndPassword(t *testing.T) {
	e := connectForRegistry(t)
	host := onBridge(t, e)
	cert, key, pool := certificate(t, host)
	users := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(users, []byte("user:"+passwordHash+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := registryServer(t, host, map[string]any{
		"tls":  map[string]any{"certificate": cert, "key": key},
		"auth": map[string]any{"htpasswd": map[string]any{"realm": "test", "path": users}},
	})
	made := forThisMachine(t, "secret image")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	pusher := registryPusher{base: "https://user:verysecret@" + address, client: client}
	digest := pusher.push(t, "9", made)
	ref := address + "/" + repository + ":9"
	helped := func(answer string) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			credentialHelper(t, "test", answer)
			dockerConfig(t, `{"credHelpers":{"`+address+`":"test"}}`)
		}
	}
	stored := func(password string) func(*testing.T) {
		return func(t *testing.T) {
			t.Helper()
			dockerConfig(t, `{"auths":{"`+address+`":{"username":"user","password":"`+password+`"}}}`)
		}
	}
	for _, tt := range []struct {
		what string
		set  func(t *testing.T)
		want PullReason
	}{
		{"a certificate that is not trusted", stored("verysecret"), Untrusted},
		{"no login", func(t *testing.T) { t.Helper(); dockerConfig(t, "{}") }, LoginMissing},
		{"a wrong password", stored("alsoverysecret"), LoginRefused},
		{"a helper that fails", helped(`echo verysecret; echo verysecret >&2; exit 1`), LoginMissing},
		{"a helper with a wrong password", helped(`echo '{"Username":"user","Secret":"alsoverysecret"}'`), LoginRefused},
		{"a password in the configuration", stored("verysecret"), ""},
		{"a helper", helped(`echo '{"Username":"user","Secret":"verysecret"}'`), ""},
		{"a store", func(t *testing.T) {
			t.Helper()
			credentialHelper(t, "test", `echo '{"Username":"user","Secret":"verysecret"}'`)
			dockerConfig(t, `{"auths":{"`+address+`":{}},"credsStore":"test"}`)
		}, ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			tt.set(t)
			if tt.want != Untrusted {
				trusted(t, address, cert)
			}
			t.Cleanup(func() { _ = e.RemoveImage(context.Background(), ref) })
			got, err := e.RegistryDigest(t.Context(), ref)
			judgePull(t, err, tt.want, ref, "")
			if (got == digest) != (tt.want == "") {
				t.Errorf("got %q, want %s", got, digest)
			}
			var log bytes.Buffer
			err = e.pull(t.Context(), ref, func(p PullProgress) { log.WriteString(p.Status + "\n") }, hurried())
			t.Log("pulled:", err)
			judgePull(t, err, tt.want, ref, "")
			if strings.Contains(log.String(), "verysecret") {
				t.Errorf("the password is in %s", log.String())
			}
			if left := pulledOf(t, e, made); (left > 0) != (tt.want == "") {
				t.Errorf("%d images", left)
			}
		})
	}
}
