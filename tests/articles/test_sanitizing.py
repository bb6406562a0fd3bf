"""P17: text stays text. Whatever an article holds, only allow-listed tags, attributes and addresses reach a reader."""

from html.parser import HTMLParser

import pytest

from app.articles.rendering import render
from tests.articles.folder import article

# Spelled out here again on purpose: a slip in the allow-list itself must not pass its own test.
_NAMES = (
    "p ul ol li table thead tbody tr th td caption blockquote hr br wbr pre code div span a img strong em b i u s del ins "
    "mark small sub sup kbd samp var abbr cite q dl dt dd details summary h2 h3 h4 h5 h6"
)
TAGS = set(_NAMES.split())
ATTRIBUTES = {"href", "rel", "class", "id", "data-seconds", "src", "alt", "start", "dir", "tabindex", "scope"}

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x'onerror='alert(1)'>",
    "<img/src=x/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=alert(1) src>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src=javascript:alert(1)>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<base href=//evil.test/><a href=x>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<style>@import '//evil.test/x.css';body{background:url(//evil.test)}</style>",
    "<div style='background:url(//evil.test/pixel)'>x</div>",
    "<p style='position:fixed;inset:0' class='site-header' onclick=alert(1)>x</p>",
    "<form action=//evil.test><input name=password autofocus onfocus=alert(1)><button formaction=javascript:alert(1)>",
    "<a id=defaultView name=defaultView href=//evil.test>x</a><img name=cookie><form id=getElementById>",
    "<h2 id=main>x</h2><span id=chat>x</span>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<marquee onstart=alert(1)>x</marquee><video src=x onerror=alert(1)></video><audio src onloadstart=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java&#x09;script:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x' target=_top ping=//evil.test>x</a>",
    "<a href='//evil.test'>x</a>",
    "<a href='/\\evil.test'>x</a>",
    "<a href='/\t/evil.test'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x0bjavascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](<javascript:alert(1)>)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x](//evil.test/a.md)",
    "[x](/\\evil.test)",
    '[x](https://evil.test" onmouseover="alert(1))',
    "[x](../../../../etc/passwd.md)",
    "<javascript:alert(1)>",
    '<http://x.test/"onmouseover=alert(1)>',
    "![x](https://evil.test/pixel.png)",
    "![x](//evil.test/pixel.png)",
    "![x](javascript:alert(1))",
    "![x](../../media/x.svg)",
    '![x"onerror="alert(1)](../../media/x.png)',
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    "```{.x onclick=alert(1) #main}\nx\n```",
    '```html onclick="alert(1)"\n<b>\n```',
    "`</code><script>alert(1)</script>`",
    "    </code></pre><script>alert(1)</script>",
    "## <img src=x onerror=alert(1)>",
    '## "><script>alert(1)</script>',
    "| <script>alert(1)</script> | [x](javascript:alert(1)) |\n|---|:-:|\n| <img src=x onerror=alert(1)> | x |",
    '!!! note" onclick="alert(1)\n    x',
    '!!! note "<img src=x onerror=alert(1)>"\n    x',
    '!!! x y z" style="position:fixed\n    x',
    "[00:01] <script>alert(1)</script>",
    "{: onclick=alert(1) }\n\nx {: #main .site }",
    "<!-- --><script>alert(1)</script><!-- -->",
    "<!--><img src=x onerror=alert(1)>-->",
    "<?php echo 1 ?><![CDATA[<script>alert(1)</script>]]>",
    "\x02wzxhzdk:0\x03 <b>x</b> \x02amp\x03lt;script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<custom-element onclick=alert(1)>x</custom-element>",
    "<b onclick=alert(1)>x</b><kbd style=x>y</kbd>",
    "<xmp><script>alert(1)</script></xmp><plaintext>",
]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("place", ["{}", "Text {} text.", "- {}", "> {}", "## Head\n\n{}\n\nLast."])
def test_only_what_is_allowed_comes_out(payload: str, place: str) -> None:
    """P17: payloads × places of an article."""
    from app.articles.rendering import parse
    from app.articles.sanitizing import sanitized

    markup = parse(place.replace("{}", payload))
    html = sanitized(markup.html, markup.anchors, lambda _: None)
    for tag, attributes in _read(html).tags:
        assert tag in TAGS, html
        assert set(attributes) <= ATTRIBUTES, html
        assert "id" not in attributes or (tag[0] == "h" and attributes["id"] in markup.anchors)
        href = attributes.get("href") or ""
        assert (
            not href
            or href[0] == "#"
            or href.startswith(("https://", "http://", "mailto:", "tel:"))
            or (href[0] == "/" and href[1:2] not in ("/", "\\"))
        ), html
        assert (attributes.get("src") or "/media/").startswith("/media/"), html
        assert not set((attributes.get("class") or "").split()) & {"site", "site-header"}


def test_what_was_sanitised_stays_the_same_when_sanitised_again() -> None:
    """P17: no payload hides in the difference between two parses (mXSS)."""
    from app.articles.rendering import parse
    from app.articles.sanitizing import sanitized

    for payload in PAYLOADS:
        markup = parse(payload)
        once = sanitized(markup.html, markup.anchors, lambda address: address)
        assert sanitized(once, markup.anchors, lambda address: address) == once, payload


def test_the_reader_still_sees_what_is_harmless() -> None:
    """Guards the table above against passing because nothing comes out at all."""
    rendered = render(
        article("**Bold** `<code>` <kbd>Ctrl</kbd> [x](https://a.test/b?c=d#e) <me@a.test> [t](tel:+34900)")
    )
    reader = _read(rendered.html)
    assert [tag for tag, _ in reader.tags] == ["p", "strong", "code", "kbd", "a", "a", "a"]
    hrefs = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert hrefs == ["https://a.test/b?c=d#e", "mailto:me@a.test", "tel:+34900"]
    assert all(attributes["rel"] == "noopener noreferrer" for tag, attributes in reader.tags if tag == "a")


def test_words_in_angle_brackets_that_are_no_html_are_shown() -> None:
    assert "Dear &lt;your name&gt;, hello" in render(article("Dear <your name>, hello")).html


def test_templates_stay_text() -> None:
    """promises.md §4: `{{7*7}}` is printed literally."""
    assert "{{7*7}} {% x %}" in render(article("{{7*7}} {% x %}")).html
