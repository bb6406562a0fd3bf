"""JSON as RFC 8259 and RFC 7493 mean it: no NaN, no doubles of a key, no depth or digits that serve only harm."""

import json
import math
from typing import Any, NoReturn

from app.errors import Malformed

DEEPEST = 32
LONGEST_INTEGER = (
    25  # digits; beyond it Python's parser itself turns quadratic, and no field of ours needs it
)


def check_json(body: bytes) -> None:
    """Raises `Malformed` with a plain sentence for JSON that no route should ever see."""
    check_depth(body)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None
    except ValueError:
        raise Malformed("The body is not valid JSON.") from None
    _check_strings(value)


def check_depth(body: bytes) -> None:
    """Raises `Malformed` when brackets nest deeper than `DEEPEST`; also fit for the head of a longer body."""
    depth, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            in_string, escaped = _inside_string(byte, escaped)
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise Malformed(f"The JSON is nested deeper than {DEEPEST} levels.")
        elif byte in b"]}":
            depth -= 1


def _inside_string(byte: int, escaped: bool) -> tuple[bool, bool]:
    if escaped:
        return True, False
    return byte != 0x22, byte == 0x5C


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("A key stands twice in the same JSON object.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed("A number is too large.")
    return number


def _short(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise Malformed("A number is too long.")
    return int(text)


def _check_strings(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str):
            check_text(item)


def check_text(text: str) -> None:
    """Raises `Malformed` for text that no database can keep: NUL, or half of a surrogate pair."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Malformed("The text contains characters that are not allowed.")
