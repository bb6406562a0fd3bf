"""An article as its page shows it."""

import pytest

from app.articles.article import Article
from app.articles.rendering import ContentsEntry, Cue, linked_article, parse, render
from tests.articles.folder import ContentFolder, article


def _html(body: str) -> str:
    return render(article(body)).html


def test_headings_have_readable_anchors_in_every_script() -> None:
    """R1.9: a heading can be linked to in Japanese and Arabic as well."""
    body = "## Why *now*?\n\n### ¿Y mañana?\n\n## 返金は、いつですか？\n\n## متى أسترد أموالي؟\n\n## Why now?\n\n## !!!\n\n#### Deep\n"
    rendered = render(article(body + "\nText."))
    assert rendered.contents == (
        ContentsEntry(2, "why-now", "Why now?"),
        ContentsEntry(3, "y-mañana", "¿Y mañana?"),
        ContentsEntry(2, "返金はいつですか", "返金は、いつですか？"),
        ContentsEntry(2, "متى-أسترد-أموالي", "متى أسترد أموالي؟"),
        ContentsEntry(2, "why-now-2", "Why now?"),
        ContentsEntry(2, "section", "!!!"),
    )
    for entry in rendered.contents:
        assert f'<h{entry.level} id="{entry.anchor}">' in rendered.html


def test_anchors_never_repeat_even_when_a_heading_looks_like_a_counted_one() -> None:
    anchors = [block.anchor for block in parse("## a\n\n## a 2\n\n## a\n\n## a\n\n## a 2").blocks]
    assert len(set(anchors)) == len(anchors) == 5


def test_a_heading_of_level_one_yields_to_the_title() -> None:
    assert _html("# Big\n\nText.").startswith('<h2 id="big">')


@pytest.mark.parametrize(
    ("address", "href"),
    [
        ("refund-timing.md", "/en/billing/refund-timing"),
        ("./refund-timing.md", "/en/billing/refund-timing"),
        ("../campaigns/ad-rejected.md", "/en/campaigns/ad-rejected"),
        ("../campaigns/ad-rejected.md#how-do-i-appeal", "/en/campaigns/ad-rejected#how-do-i-appeal"),
        ("../../de/campaigns/ad-rejected.md", "/de/campaigns/ad-rejected"),
        ("#what-now", "#what-now"),
        ("/en/chat", "/en/chat"),
    ],
)
def test_links_between_files_become_links_between_pages(
    address: str, href: str, content: ContentFolder
) -> None:
    content.write("en/billing/example", body=f"[x]({address})")
    content.write("en/billing/refund-timing")
    content.write("en/campaigns/ad-rejected")
    found = content.read().get("en", "billing/example")
    assert isinstance(found, Article)
    assert f'<a href="{href}"' in render(found).html


def test_the_caller_decides_where_links_lead() -> None:
    found = article("Text.\n")
    from dataclasses import replace

    html = render(
        replace(found, body="[x](other.md#a)"), lambda language, family: f"/help/{language}/{family}.html"
    ).html
    assert 'href="/help/en/billing/other.html#a"' in html


@pytest.mark.parametrize(
    "address", ["../../../x.md", "../x.md", "a/b/c.md", "/etc/x.md", "https://x.test/a.md", "x.html", ""]
)
def test_other_addresses_lead_to_no_article(address: str) -> None:
    assert linked_article("en/billing/example.md", address) is None


def test_time_stamps_become_links_into_the_film_and_the_transcript_is_known() -> None:
    """R1.3: a video is an article, its transcript is time-stamped."""
    rendered = render(
        article("## Transcript\n\n[00:12] Open **Campaigns**.\n[01:02:03] Bye.\n\nNot [00:30] here.")
    )
    assert rendered.transcript == (Cue(12, "Open Campaigns."), Cue(3723, "Bye."))
    assert '<a class="timestamp" data-seconds="12" href="#t=12"' in rendered.html
    assert ">01:02:03</a> Bye.</p>" in rendered.html
    assert rendered.html.count("timestamp") == 2


def test_code_is_coloured_by_classes_and_reads_from_left_to_right() -> None:
    html = _html("```python\nreturn '<b>'\n```\n\n```nonsense\n<x>\n```\n\nx `a<b` y\n\n    indented <i>\n")
    assert '<span class="k">return</span>' in html
    assert html.count('dir="ltr" tabindex="0"') == 3
    assert "<code>a&lt;b</code>" in html
    assert "&lt;x&gt;" in html
    assert "style=" not in html


def test_tables_scroll_by_themselves_and_keep_their_alignment() -> None:
    html = _html("| A | B |\n|---|--:|\n| 1 | 2 |")
    assert '<div class="table" tabindex="0"><table>' in html
    assert '<th class="align-right" scope="col">B</th>' in html
    assert '<td class="align-right">2</td>' in html


def test_notes_keep_title_and_lists() -> None:
    html = _html('!!! warning "Mind this"\n    Text:\n    - one\n    - two\n')
    assert '<div class="admonition warning">' in html
    assert '<p class="admonition-title">Mind this</p>' in html
    assert html.count("<li>") == 2


def test_a_line_break_between_ideographs_is_no_space() -> None:
    assert "日本語の文続き。" in _html("日本語の文\n続き。")
    assert "two\nwords" in _html("two\nwords")


def test_pictures_come_from_the_content_folder_only(content: ContentFolder) -> None:
    """P17: no remote images."""
    content.write("media/step.png", b"png")
    content.write(
        "en/billing/example", body="![Step](../../media/step.png) ![seen](https://x.test/p.png) end"
    )
    found = content.read().get("en", "billing/example")
    assert found
    html = render(found).html
    assert '<img alt="Step" src="/media/step.png">' in html.replace(
        'src="/media/step.png" alt="Step"', 'alt="Step" src="/media/step.png"'
    )
    assert "x.test" not in html
    assert "seen" not in html


def test_comments_do_not_come_out() -> None:
    html = _html(
        "a <!-- one --> b\n\n<!-- two\n\nthree -->\n\nc <!-- four\n\nfive --> d\n\n`<!-- example -->`\n\n<!-- open\n\nsix"
    )
    assert all(word not in html for word in ("one", "two", "three", "four", "five", "six"))
    assert "&lt;!-- example --&gt;" in html
    assert "d" in html


def test_letters_that_turn_text_around_or_hide_it_are_dropped() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    assert _html(f"a\u202eb{hidden}c") == "<p>abc</p>"
