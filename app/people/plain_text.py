"""What people may type: free text, one line, an address, a phone number.

Each check returns what is wrong in plain words, or None. Nothing is changed: text is stored as it was sent.
"""

import re
import unicodedata

LONGEST_TEXT = 20_000
LONGEST_LINE = 200
LONGEST_NAME = 100
LONGEST_ADDRESS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
_LAYOUT = "\t\n\r"
_ADDRESS = re.compile(
    r"""(?!\.)(?:[^\s@,;:<>()\[\]"\\.]|\.(?![.@])){1,64}  # before the @: no quotes, no list separators, no stray dots
    @(?:\w(?:[\w-]{0,61}\w)?\.)+\w(?:[\w-]{0,61}\w)?      # a domain of at least two labels, also in other scripts""",
    re.VERBOSE,
)
_PHONE = re.compile(r"\+?[\d ()./\-]{3,38}\d")


def text_fault(text: str, longest: int = LONGEST_TEXT) -> str | None:
    """Of a text of any number of lines: empty, too long, or with characters that no person types."""
    if not text.strip():
        return "must not be empty"
    if len(text) > longest:
        return f"must have at most {longest} characters"
    if any(_unwritable(character) for character in text):
        return "must not contain control characters"
    return None


def line_fault(text: str, longest: int = LONGEST_LINE) -> str | None:
    """Of a text on one line: also no line break of any kind, so that it can stand in a mail's header."""
    if any(character in _LAYOUT or _breaks_line(character) for character in text):
        return "must be a single line"
    return text_fault(text, longest)


def address_fault(address: str) -> str | None:
    """Of an e-mail address: exactly one, bare, with a domain that has a dot."""
    if len(address) > LONGEST_ADDRESS:
        return f"must have at most {LONGEST_ADDRESS} characters"
    # isprintable is false for every control, separator, surrogate and invisible character.
    if not address.isprintable() or not _ADDRESS.fullmatch(address):
        return "must be one e-mail address, such as name@example.com"
    return None


def phone_fault(phone: str) -> str | None:
    """Of a phone number as people write it, in the digits of any script."""
    return None if _PHONE.fullmatch(phone) else "must be one phone number, such as +34 600 000 000"


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """`text` on one line, cut to `longest` characters with an ellipsis: a subject made of a question."""
    line = " ".join("".join(" " if _unwritable(c) or _breaks_line(c) else c for c in text).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def writable(text: str) -> str:
    """`text` without the characters that no database keeps: for text that no person sent just now."""
    return "".join(character for character in text if not _unwritable(character))


def _unwritable(character: str) -> bool:
    # Cc holds NUL, which PostgreSQL cannot store; Cs the lone surrogates, which are no text at all.
    return character not in _LAYOUT and unicodedata.category(character) in {"Cc", "Cs"}


def _breaks_line(character: str) -> bool:
    return unicodedata.category(character) in {"Zl", "Zp"} or character == "\x85"
