package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// The lengths of ranges: what one household, office or server usually has, or shares.
const (
	bits4 = 24
	bits6 = 56
)

// unknownRange is the range of all addresses that cannot be read.
const unknownRange = "unknown"

// Range returns the range that an address is in: 203.0.113.0/24 or 2001:db8:0:5600::/56. A port may follow the address, also that of an IPv6
// address without brackets, as CloudFront writes it if hasPort says so. An address that cannot be read is in one range with all others of
// its kind.
func Range(address string, hasPort bool) string {
	a, ok := parse(address, hasPort)
	if !ok {
		return unknownRange
	}
	a = a.Unmap().WithZone("")
	length := bits6
	if a.Is4() {
		length = bits4
	}
	p, err := a.Prefix(length)
	if err != nil {
		return unknownRange
	}
	return p.String()
}

func parse(address string, hasPort bool) (a netip.Addr, ok bool) {
	if with, err := netip.ParseAddrPort(address); err == nil {
		return with.Addr(), true
	}
	if hasPort {
		for i := len(address) - 1; i >= 0; i-- {
			if address[i] == ':' {
				address = address[:i]
				break
			}
		}
	}
	a, err := netip.ParseAddr(address)
	return a, err == nil
}

// Label names a range in one survey, by a secret of the day: without it nobody can tell which range it is, and on another day it has
// another name.
func Label(secret []byte, survey, from string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("glasspoll range 1\n" + survey + "\n" + from))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
