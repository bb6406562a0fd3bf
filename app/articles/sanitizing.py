"""What of an article's HTML may reach a reader: an allow-list of tags, attributes, classes and addresses (nh3).

Runs after rendering, on everything. Ids are kept on headings only, and only those the headings were given; classes
only where the style sheet knows them; pictures only from the content folder's `media/`, never from another host.
"""

import re
from collections.abc import Callable, Set

import nh3
from pygments.token import STANDARD_TYPES

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_PLAIN_NAMES = (
    "p ul ol li table thead tbody tr th td caption blockquote hr br wbr pre code div span a img strong em b i u s del "
    "ins mark small sub sup kbd samp var abbr cite q dl dt dd details summary"
)
_PLAIN = frozenset(_PLAIN_NAMES.split())
_CONTENT_TOO_NAMES = "script style template title textarea noscript iframe svg math select object"
_CONTENT_TOO = frozenset(_CONTENT_TOO_NAMES.split())
_DROPPED_NAMES = (
    "h1 html head body base meta link font center marquee form input button label option video audio source track embed "
    "applet frame frameset section article aside main nav header footer figure figcaption picture image xmp plaintext "
    "noembed noframes listing keygen isindex layer bgsound dialog meter progress output fieldset legend map area canvas"
)
# What is taken for raw HTML when it stands between < and >; anything else is what somebody typed.
HTML_NAMES = _HEADINGS | _PLAIN | _CONTENT_TOO | frozenset(_DROPPED_NAMES.split())
_ATTRIBUTES: dict[str, Set[str]] = {
    **{heading: frozenset({"id"}) for heading in _HEADINGS},
    "a": {"href", "data-seconds"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "pre": {"dir", "tabindex"},
    "div": {"tabindex"},
    "th": {"scope"},
}
_ALIGNED = {"align-left", "align-center", "align-right"}
_CLASSES = {
    "a": {"timestamp"},
    "div": {"admonition", "note", "tip", "warning", "danger", "info", "important", "table"},
    "p": {"admonition-title"},
    "pre": {"highlight"},
    "span": {name for name in STANDARD_TYPES.values() if name},
    "td": _ALIGNED,
    "th": _ALIGNED,
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:\+?)[^\s\\\x00-\x1f]+", re.IGNORECASE)
# One slash and then none: "//host" and "/\host" leave the site.
_PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f]*")
_PICTURE = re.compile(r"(?:\.\./\.\./|/)media/([A-Za-z0-9][A-Za-z0-9._-]*\.(?:png|jpe?g|webp|gif|avif))")
_FIXED = {
    "dir": re.compile("ltr"),
    "tabindex": re.compile("0"),
    "scope": re.compile("col|row"),
    "start": re.compile(r"\d{1,6}"),
    "data-seconds": re.compile(r"\d{1,6}"),
}


def sanitized(html: str, anchors: Set[str], article_link: Callable[[str], str | None]) -> str:
    """`html` with nothing left but what is allowed. `anchors` are the ids that headings may keep.

    `article_link` turns a relative address into one on the site, or None for what leads nowhere.
    """

    def keep(_tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href":
            return _href(value, article_link)
        if attribute == "src":
            return picture_address(value)
        if attribute == "id":
            return value if value in anchors else None
        if attribute == "title":  # hidden until hovered: neither read aloud nor searched
            return None
        pattern = _FIXED.get(attribute)
        return value if pattern is None or pattern.fullmatch(value) else None

    return nh3.clean(
        html,
        tags=_PLAIN | _HEADINGS,
        clean_content_tags=_CONTENT_TOO,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


def picture_address(source: str) -> str | None:
    """The site's address of a picture in `content/media/`, as articles name it; None for any other picture."""
    match = _PICTURE.fullmatch(source)
    return f"/media/{match[1]}" if match else None


def _href(value: str, article_link: Callable[[str], str | None]) -> str | None:
    if value.startswith("#") or _ADDRESS.fullmatch(value) or _PATH.fullmatch(value):
        return value
    return article_link(value)
