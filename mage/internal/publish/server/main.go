// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
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
	const arguments = 5
	if len(os.Args) != arguments {
		fmt.Fprintln(os.Stderr, "usage: server DIRECTORY PORT TLS-PORT CERTIFICATE")
		os.Exit(64)
	}
	if err := serve(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func serve(dir, port, tlsPort, certificate string) error {
	cert, text, err := newCertificate()
	if err != nil {
		return err
	}
	plain, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	secure, err := tls.Listen("tcp", net.JoinHostPort("127.0.0.1", tlsPort), &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		return err
	}
	const patience = time.Minute
	server := &http.Server{Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: patience}
	ended := make(chan error)
	go func() { ended <- server.Serve(plain) }()
	go func() { ended <- server.Serve(secure) }()
	if err := os.WriteFile(certificate, text, 0o644); err != nil { //nolint:gosec // apt's user reads it
		return err
	}
	return <-ended
}

// newCertificate makes a certificate for localhost that is its own authority.
func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	const day = 24 * time.Hour
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(day),
		DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
