// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"net"
	"sync"
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// unknownHosts remembers host names that do not exist. A run may request hundreds of releases,
// and a lost DNS query costs seconds.
type unknownHosts struct {
	dial dialFunc
	errs sync.Map // the first error, by host
}

// DialContext dials, but fails at once for a host that is known not to exist.
func (u *unknownHosts) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return u.dial(ctx, network, address)
	}
	if known, ok := u.errs.Load(host); ok {
		return nil, known.(error) //nolint:forcetypeassert // nothing else is stored
	}
	conn, err := u.dial(ctx, network, address)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound && !dns.IsTimeout && !dns.IsTemporary {
		u.errs.Store(host, err)
	}
	return conn, err
}
