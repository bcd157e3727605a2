// SPDX-License-Identifier: Apache-2.0

//go:build behaviour || integration

package behaviour

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The user and password of a site, as its .repo files have them and as URLs do.
const siteUser, sitePassword, siteInURL = "me", "very/secret", "me:very%2Fsecret"

// site REPOS IMAGE-FILE: serves a copy of the repositories in an image, whose reference the file has, to containers of this
// machine's engine, for a user with a password and with a certificate of its own. REPOS gets the .repo files and the certificate. FILE
// asked in REPOS gets the path of each file that was served.
func site(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 { //nolint:mnd // directory, file
		ts.Fatalf("usage: site REPOS IMAGE-FILE")
	}
	image := regexp.MustCompile(`verbsmith/standin:rocky9-full-[0-9a-f]+`).FindString(ts.ReadFile(args[1]))
	dir, repos := filepath.Join(ts.Getenv("WORK"), "site"), ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(repos, 0o755))
	made := docker(ts, "create", image, "true")
	docker(ts, "cp", made+":/usr/share/standin", dir)
	docker(ts, "rm", made)

	address := onBridge(ts)
	certificate := ownCertificate(ts, address, filepath.Join(repos, "ca.crt"))
	listener, err := tls.Listen("tcp", net.JoinHostPort(address, "0"), &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	ts.Check(err)
	server := &http.Server{Handler: &siteServer{files: http.FileServer(http.Dir(dir)), asked: filepath.Join(repos, "asked")}} //nolint:gosec // for a test
	go func() { _ = server.Serve(listener) }()
	ts.Defer(func() { _ = server.Close() })

	for _, name := range []string{"baseos", "appstream", "extras"} {
		writeRepo(ts, repos, name, fmt.Sprintf("baseurl=https://%s@%s/%s\n", siteInURL, listener.Addr(), name))
	}
	for _, name := range []string{"crb", "epel"} {
		writeRepo(ts, repos, name, fmt.Sprintf("baseurl=https://%s/%s\nusername=%s\npassword=%s\n", listener.Addr(), name, siteUser, sitePassword))
	}
}

func writeRepo(ts *testscript.TestScript, dir, name, text string) {
	text = fmt.Sprintf("[%s]\nname=%s of the site\ngpgcheck=0\nsslcacert=/mnt/repositories/ca.crt\n%s", name, name, text)
	ts.Check(os.WriteFile(filepath.Join(dir, name+".repo"), []byte(text), 0o600))
}

// ownCertificate makes a certificate for an address that no authority but itself vouches for, and writes it into a file.
func ownCertificate(ts *testscript.TestScript, address, file string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the site"}, IPAddresses: []net.IP{net.ParseIP(address)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	made, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	ts.Check(err)
	ts.Check(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made}), 0o600))
	return tls.Certificate{Certificate: [][]byte{made}, PrivateKey: key}
}

// onBridge returns this machine's address on the engine's default bridge.
func onBridge(ts *testscript.TestScript) string {
	_, subnet, err := net.ParseCIDR(docker(ts, "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"))
	ts.Check(err)
	mine, err := net.InterfaceAddrs()
	ts.Check(err)
	for _, address := range mine {
		if found, ok := address.(*net.IPNet); ok && subnet.Contains(found.IP) {
			return found.IP.String()
		}
	}
	ts.Fatalf("the site's server needs an engine on this machine, with an address in %s", subnet)
	return ""
}

// docker returns what a docker command prints.
func docker(ts *testscript.TestScript, argv ...string) string {
	out, err := exec.Command("docker", argv...).CombinedOutput() //nolint:noctx // It is short.
	if err != nil {
		ts.Fatalf("docker %s: %v\n%s", argv, err, out)
	}
	return strings.TrimSpace(string(out))
}

// siteServer serves files to a user.
type siteServer struct {
	files http.Handler
	asked string // the file with the paths

	mu sync.Mutex
}

// ServeHTTP implements http.Handler.
func (s *siteServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != siteUser || password != sitePassword {
		w.Header().Set("WWW-Authenticate", `Basic realm="site"`)
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.OpenFile(s.asked, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(f, r.URL.Path)
		_ = f.Close()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.files.ServeHTTP(w, r)
}
