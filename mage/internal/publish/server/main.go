// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"
)

// main serves the directory that the first argument names on two addresses of 127.0.0.1: the second argument's port is HTTP's, the
// third one's HTTPS's. The fourth names the file that gets the certificate, once both are ready.
func main() {
	const arguments = 4
	flag.Parse()
	err := errUsage
	if flag.NArg() == arguments {
		err = serve(context.Background(), flag.Arg(0), flag.Arg(1), flag.Arg(2), flag.Arg(3))
	}
	fmt.Fprintln(os.Stderr, "server:", err)
	os.Exit(1)
}

var errUsage = errors.New("want DIRECTORY PORT TLS-PORT CERTIFICATE")

func serve(ctx context.Context, dir, port, tlsPort, certificate string) error {
	cert, text, err := newCertificate()
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	plain, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	secure, err := listen.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", tlsPort))
	if err != nil {
		return fmt.Errorf("serve HTTPS: %w", err)
	}
	const patience = time.Minute
	server := &http.Server{Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: patience}
	ended := make(chan error)
	go func() { ended <- server.Serve(plain) }()
	go func() {
		ended <- server.Serve(tls.NewListener(secure, &tls.Config{Certificates: []tls.Certificate{cert}}))
	}()
	if err := os.WriteFile(certificate, text, 0o644); err != nil {
		return fmt.Errorf("write the certificate: %w", err)
	}
	return <-ended
}

// newCertificate makes a certificate for localhost that is its own authority.
func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a key: %w", err)
	}
	const day = 24 * time.Hour
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(day),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a certificate: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, text, nil
}
