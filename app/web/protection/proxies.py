"""Who really calls: X-Forwarded-* is believed from the proxies named in the settings, and from nobody else."""

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """The addresses and networks whose word is taken (`10.0.0.7`, `10.0.0.0/8`)."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks = [network for text in trusted if (network := _network(text))]

    def apply(self, scope: Scope) -> None:
        """Replaces client and scheme in `scope` by what a trusted proxy says they are."""
        client = scope.get("client")
        if not self._networks or not client or not self._trusts(client[0]):
            return
        headers = Headers(scope=scope)
        hops = [hop.strip() for hop in ",".join(headers.getlist("x-forwarded-for")).split(",") if hop.strip()]
        # From the right: the first hop that is not ours was seen by a proxy of ours; what stands left of it is hearsay.
        stranger = next((hop for hop in reversed(hops) if not self._trusts(hop)), None)
        if stranger and _address(stranger):
            scope["client"] = (stranger, 0)
        if headers.get("x-forwarded-proto") in ("http", "https"):
            scope["scheme"] = headers["x-forwarded-proto"]

    def _trusts(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
