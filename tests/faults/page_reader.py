"""Reads a page as a browser would and says what in it could run or lead astray."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

# What our own templates use. An element outside this list has been smuggled in.
_NAMES = (
    "html head meta title link script noscript template body header nav main footer section article aside div p span h1 h2 h3 h4 ul ol li "
    "dl dt dd a bdi strong em b i mark small time code pre table caption thead tbody tr th td form fieldset legend label input textarea "
    "select option button details summary svg path circle rect line polyline polygon g use img video source track blockquote hr br "
    "sup sub kbd abbr output"
)
OURS = set(_NAMES.split())
_ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "srcset", "xlink:href"}
_SCHEME = re.compile(r"[\s\x00-\x20]*([a-z][a-z0-9+.-]*):", re.IGNORECASE)


class PageReader(HTMLParser):
    """The text of a page, the values of its attributes, and what is wrong with it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.values, self.wrong = "", list[str](), list[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.values += [value for value in given.values() if value]
        if tag not in OURS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "http-equiv"):
                self.wrong.append(f"{tag} {name}={value}")
            if name in _ADDRESSES and not _is_ours(value or ""):
                self.wrong.append(f"{tag} {name}={value}")
        if tag == "script" and not _may_run(given):
            self.wrong.append(f"script {given}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}")

    def shows(self, words: str) -> bool:
        """Whether the words stand in the text, or in a field, as they were written."""
        return words in self.text or any(words in value for value in self.values)


def _is_ours(address: str) -> bool:
    scheme = _SCHEME.match(address)
    if scheme:
        return (
            scheme[1].lower() in ("http", "https", "mailto", "tel")
            and urlsplit(address).hostname != "evil.test"
        )
    return not address.startswith(("//", "/\\"))


def _may_run(given: dict[str, str | None]) -> bool:
    if given.get("src"):
        return str(given["src"]).startswith("/static/")
    return bool(given.get("nonce"))
