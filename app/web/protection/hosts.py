"""Which names this server answers to: the public address, and loopback for the people who run it."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from app.errors import Malformed

# `testserver` is what Starlette's test client calls the app; no public name can be spelt like it.
ALWAYS = frozenset({"127.0.0.1", "localhost", "::1", "testserver"})


def check_host(headers: Headers, public_url: str) -> None:
    """Refuses a Host that is not ours (`Malformed`): links are built from it, and caches keyed by it."""
    values = headers.getlist("host")
    name = _hostname(values[0]) if len(values) == 1 else None
    if name is None or name not in ALWAYS | {_hostname(urlsplit(public_url).netloc)}:
        raise Malformed("This server does not answer to that host name.")


def _hostname(authority: str) -> str | None:
    try:
        split = urlsplit(f"//{authority}")
        _ = split.port  # raises for a port that is no number
        plain = split.username is None and not split.path and not split.query and not split.fragment
    except ValueError:
        return None
    return split.hostname if plain else None
