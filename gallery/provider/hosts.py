"""Which hosts and addresses a result may be fetched from."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from gallery.provider.errors import Forbidden, NotConnected
from gallery.provider.wire import Place, clock, dial

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A link that may be fetched, and the addresses that may answer for it."""

    place: Place
    path: str
    is_private: bool

    def permit(self, address: str) -> None:
        """Raise Forbidden unless a connection to ``address`` is allowed for this link."""
        ip = ipaddress.ip_address(address)
        allowed = self._is_itself(ip) if self.is_private else is_public(ip)
        if not allowed:
            raise Forbidden("address-forbidden", address)

    def _is_itself(self, ip: IPAddress) -> bool:
        own = _literal(self.place.host)
        return ip.is_loopback if own is None else ip == own


def target(url: str, hosts: Sequence[str]) -> Target:
    """Check ``url`` against the entries of RESULT_HOSTS; raises Forbidden.

    An entry is ``host`` (https, port 443) or ``host:port``. Names match whole: no subdomains.
    Only an entry that is itself an address or ``localhost``, with a port, allows plain http and
    a private address: exactly its own.
    """
    parts, port = _split(url)
    host = _normal(parts.hostname or "")
    tls = parts.scheme == "https"
    port = port or (443 if tls else 80)
    entries = {_entry(entry) for entry in hosts}
    named = (host, port) in entries
    if not named and not ((host, None) in entries and port == (443 if tls else 80)):
        raise Forbidden("host-forbidden", f"{host}:{port}")
    is_private = named and (host == "localhost" or _literal(host) is not None)
    if not tls and not is_private:
        raise Forbidden("scheme-forbidden", parts.scheme)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?')}" if parts.query else ""
    return Target(Place(tls, host, port), path + query, is_private)


def no_way_to(entry: str, seconds: float) -> str:
    """Why nothing can be fetched from an entry of RESULT_HOSTS now; empty when it can."""
    host, port = _entry(entry)
    if not host:
        return "not a host"
    own = _literal(host)
    is_private = port is not None and (host == "localhost" or own is not None)
    there = Target(Place(not is_private, host, port or 443), "/", is_private)
    try:
        dial(there.place, clock() + seconds, permit=there.permit).close()
    except NotConnected as error:
        return error.detail or error.reason
    except Forbidden as error:
        return f"it is at {error.detail}, which is no public address"
    return ""


def is_public(ip: IPAddress) -> bool:
    """Whether ``ip`` is on the open internet, also by the IPv4 address that it may carry."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    carried = ip.ipv4_mapped
    if carried is None and ip in _NAT64:
        carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if carried is None and ip.sixtofour is not None:
        carried = ip.sixtofour
    if carried is not None:
        return is_public(carried)
    # Whatever lies outside of 2000::/3 is local, reserved, or older than this Python's lists.
    return ip in _GLOBAL_UNICAST and ip.is_global


def _split(url: str) -> tuple[SplitResult, int | None]:
    # urlsplit drops tabs and line breaks in silence, and browsers take a backslash for a slash.
    if not url.isprintable() or " " in url or "\\" in url:
        raise Forbidden("host-forbidden", "a character that no link has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("host-forbidden", "not a link") from None
    if parts.scheme not in ("http", "https"):
        raise Forbidden("scheme-forbidden", parts.scheme[:40])
    if "@" in parts.netloc or "%" in parts.netloc:
        raise Forbidden("host-forbidden", "a user name or an escape in the host")
    return parts, port


def _entry(entry: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{entry.strip()}")
        return _normal(parts.hostname or ""), parts.port
    except (ValueError, Forbidden):
        return "", None  # matches no link: an empty host is refused before


def _normal(host: str) -> str:
    """The one spelling of a host: small letters, IDNA, an address in its shortest form."""
    literal = _literal(host)
    if literal is not None:
        return literal.compressed
    try:
        name = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not name:
        raise Forbidden("host-forbidden", "no host")
    return name


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
