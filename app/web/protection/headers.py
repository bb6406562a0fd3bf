"""The headers every answer carries: a strict content security policy with a nonce, and the browser's other guards."""

from starlette.datastructures import MutableHeaders

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def add_headers(headers: MutableHeaders, nonce: str, *, https: bool) -> None:
    """Adds what a route has not set itself (a ticket page may ask for a stricter referrer policy)."""
    headers.setdefault("content-security-policy", _POLICY.format(nonce=nonce))
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-cache")
    if https:
        headers.setdefault("strict-transport-security", "max-age=31536000")
