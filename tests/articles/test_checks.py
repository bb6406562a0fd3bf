"""The house rules find what they are for: each rule is broken once, and a good article breaks none."""

import pytest

from app.articles.checks import house_faults
from tests.articles.folder import ContentFolder

WORDS = "Open the billing page of your console and read the newest line of the list with care. " * 10
STEPS = "1. Open the page.\n2. Read it.\n\n"
GOOD = f"{WORDS}\n\n## What now?\n\n{STEPS}See [b](b.md#what-now).\n\n## And then?\n\nNothing.\n"
KEYS = {
    "kind": "tutorial",
    "summary": "What to do.",
    "tags": "[one, two]",
    "updated": "2026-10-14",
    "review_by": "2027-04-14",
    "owner": "billing-desk",
    "related": "[billing/b, billing/c]",
}
CUES = "".join(f"[00:{second:02}] Said.\n\n" for second in range(0, 50, 10))


def _house(content: ContentFolder, **changes: object) -> list[tuple[str, str]]:
    for slug in ("b", "c"):
        content.write(
            f"en/billing/{slug}",
            title=slug,
            **{
                **KEYS,
                **_questions(slug),
                "body": GOOD,
                "related": "[billing/a, billing/c]" if slug == "b" else "[billing/a, billing/b]",
            },
        )
    content.write("en/billing/a", **{**KEYS, **_questions("a"), "body": GOOD, **changes})
    return [
        (fault.field, fault.message)
        for fault in house_faults(content.read())
        if fault.path == "en/billing/a.md"
    ]


def _questions(slug: str) -> dict[str, str]:
    return {"questions": f"[who {slug}, where {slug}, when {slug}]"}


def test_a_good_article_breaks_no_rule(content: ContentFolder) -> None:
    assert _house(content) == []


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"owner": "null"}, "keys", "owner is missing"),
        ({"review_by": "null"}, "keys", "review_by is missing"),
        ({"tags": "[one]"}, "counts", "1 tags"),
        ({"questions": "[who, where]"}, "counts", "2 questions, wanted are 3 to 50"),
        ({"related": "[billing/b]"}, "counts", "1 related"),
        ({"summary": "x" * 201}, "counts", "201 characters"),
        ({"body": f"{WORDS}\n\n## Only one?\n\n{STEPS}"}, "counts", "1 headings"),
        ({"body": f"## A?\n\n{STEPS}\n\n## B?\n\nShort."}, "length", "wanted are 150 to 900"),
        ({"body": GOOD + WORDS * 6}, "length", "wanted are 150 to 900"),
        ({"review_by": "2027-10-20"}, "review_by", "within 366 days"),
        ({"review_by": "2026-10-14"}, "review_by", "within 366 days"),
        ({"body": GOOD + "\n<b>bold</b>"}, "body", "raw HTML"),
        ({"body": GOOD + "\n<!-- note -->"}, "body", "raw HTML"),
        ({"body": "# Title\n\n" + GOOD}, "body", "heading of level 1"),
        ({"body": GOOD + "\n![x](https://x.test/p.png)"}, "body", "has a picture"),
        ({"body": GOOD + "\n**never closed"}, "body", "shows its Markdown"),
        ({"body": GOOD + "\n[x](https://x.test)"}, "links", "which is no article"),
        ({"body": GOOD + "\n[x](b.md#nowhere)"}, "links", "no such heading"),
        ({"body": GOOD.replace(STEPS, "")}, "kind", "no numbered steps"),
        ({"kind": "video"}, "kind", "name a video"),
        ({"kind": "video"}, "kind", "no transcript"),
        ({"body": GOOD + CUES + "[00:05] Late.\n"}, "kind", "out of order"),
        ({"title": "b"}, "title", ""),
    ],
)
def test_a_breach_is_named(
    changes: dict[str, object], field: str, message: str, content: ContentFolder
) -> None:
    found = _house(content, **changes)
    if field == "title":  # the later of two files with one title is told
        content.write("en/billing/d", title="b", **{**KEYS, "body": GOOD})
        assert any(f.field == "title" and f.path == "en/billing/b.md" for f in house_faults(content.read()))
        return
    assert any(name == field and message in said for name, said in found), found


def test_returns_and_refunds_are_verified_twice_a_year(content: ContentFolder) -> None:
    """R3.5: articles of this kind expire sooner."""
    content.write(
        "en/billing/refund-timing", **{**KEYS, "body": GOOD.replace("b.md", "a.md"), "related": "[billing/a]"}
    )
    _house(content, review_by="2027-05-14")
    found = [(f.path, f.message) for f in house_faults(content.read()) if f.field == "review_by"]
    assert found == []
    content.write(
        "en/billing/refund-timing",
        **{**KEYS, "review_by": "2027-05-14", "body": GOOD, "related": "[billing/a]"},
    )
    assert [f.path for f in house_faults(content.read()) if f.field == "review_by"] == [
        "en/billing/refund-timing.md"
    ]


def test_translations_follow_their_original(content: ContentFolder) -> None:
    content.write("es/billing/a", **{**KEYS, "kind": "faq", "body": GOOD})
    _house(content)
    said = {fault.message for fault in house_faults(content.read()) if fault.path == "es/billing/a.md"}
    assert {"translation_of is missing", "is a faq, in English a tutorial"} <= said


def test_drafts_are_not_judged(content: ContentFolder) -> None:
    assert _house(content, status="draft", owner="null") == []
