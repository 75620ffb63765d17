package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
)

// The lengths of ranges: what one household, office or server usually has, or shares.
const (
	bits4 = 24
	bits6 = 56
)

// unknownRange is the range of all addresses that cannot be read.
const unknownRange = "unknown"

// Range returns the range that an address is in: 203.0.113.0/24 or 2001:db8:0:5600::/56. A port may follow the address, also
// that of an IPv6 address without brackets, as CloudFront writes it. Of a list, as in X-Forwarded-For, the last one counts, which the nearest proxy
// has added. All addresses that cannot be read are one range.
func Range(address string) string {
	a, ok := parse(strings.TrimSpace(address[strings.LastIndexByte(address, ',')+1:]))
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

func parse(address string) (a netip.Addr, ok bool) {
	if with, err := netip.ParseAddrPort(address); err == nil {
		return with.Addr(), true
	}
	a, err := netip.ParseAddr(address)
	if colon := strings.LastIndexByte(address, ':'); err != nil && colon >= 0 {
		a, err = netip.ParseAddr(address[:colon])
	}
	return a, err == nil
}

// Label names a range in one survey, by a secret of the day: without it nobody can tell which range it is, and on another day it has
// another name.
func Label(secret []byte, survey, from string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("glasspoll range 1\n" + survey + "\n" + from))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
