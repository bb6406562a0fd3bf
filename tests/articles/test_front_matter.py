"""Front matter: what is accepted, and what is refused with file, line and field (promises.md §4)."""

import time
from datetime import date

import pytest

from app.articles import front_matter
from app.articles.article import Kind, Significance, Status
from app.errors import ContentRefused

PATH = "en/billing/charged-twice.md"
FULL = """---
title: "Why was I charged twice?"
kind: troubleshooting
summary: "What to check."
tags: [charge, billing]
questions:
  - "Is my money gone?"
  - Why two charges
updated: 2026-10-14
revision: 3
significance: medium
last_major: 2
review_by: "2027-04-14"
owner: billing-desk
status: draft
related: [billing/refund-timing]
video: {file: walk.webm, poster: walk.jpg, duration: "1:02:40", captions: {pt-BR: walk.pt.vtt}}
language: en
topic: billing
slug: charged-twice
---

First line.
"""


def _with(extra: str) -> str:
    return f"---\ntitle: T\nkind: faq\n{extra}\n---\nBody\n"


def _faults(text: str, path: str = PATH) -> list[tuple[int, str, str]]:
    with pytest.raises(ContentRefused) as refused:
        front_matter.read(path, text)
    assert all(fault.path == path for fault in refused.value.faults)
    return [(fault.line, fault.field, fault.message) for fault in refused.value.faults]


def test_every_key_is_read() -> None:
    matter, body, first_line = front_matter.read(PATH, FULL)
    assert (matter.title, matter.kind, matter.status) == (
        "Why was I charged twice?",
        Kind.TROUBLESHOOTING,
        Status.DRAFT,
    )
    assert (matter.updated, matter.review_by) == (date(2026, 10, 14), date(2027, 4, 14))
    assert (matter.tags, matter.related) == (("charge", "billing"), ("billing/refund-timing",))
    assert matter.questions == ("Is my money gone?", "Why two charges")
    assert (matter.revision, matter.last_major_revision) == (3, 2)
    assert matter.video is not None
    assert (matter.video.duration, matter.video.captions) == (3760, {"pt-BR": "walk.pt.vtt"})
    assert FULL.split("\n")[first_line - 1 :] == body.split("\n")


def test_title_and_kind_are_enough() -> None:
    matter, body, first_line = front_matter.read(PATH, _with("tags: []"))
    assert (matter.status, matter.significance, matter.revision) == (Status.PUBLISHED, Significance.MEDIUM, 1)
    assert (body, first_line) == ("Body\n", 6)


def test_a_major_revision_is_its_own_last_major_one() -> None:
    matter, _, _ = front_matter.read(PATH, _with("revision: 4\nsignificance: major"))
    assert matter.last_major_revision == 4


def test_windows_line_ends_and_a_byte_order_mark_are_no_fault() -> None:
    matter, body, first_line = front_matter.read(PATH, "\ufeff" + FULL.replace("\n", "\r\n"))
    assert matter.owner == "billing-desk"
    assert (body, first_line) == ("\nFirst line.\n", 22)


@pytest.mark.parametrize(
    "title", ["返金は いつ？　教えて", "Pourquoi mon annonce est-elle refusée\xa0?", "می‌خواهم"]
)
def test_titles_may_use_the_spaces_of_their_language(title: str) -> None:
    """R1.9: ideographic and no-break spaces, and joiners, are letters like others."""
    assert front_matter.read(PATH, f'---\ntitle: "{title}"\nkind: faq\n---\nx')[0].title == title


@pytest.mark.parametrize(
    ("extra", "line", "field", "message"),
    [
        ("x: !!python/object/apply:os.system [ls]", 4, "", "tags are not accepted"),
        ("summary: !!str text", 4, "", "tags are not accepted"),
        ("tags: &a [one]\nrelated: *a", 4, "", "anchors and aliases are not accepted"),
        ("owner: desk\nrelated: *nothing", 5, "", "anchors and aliases are not accepted"),
        ("language: ../..", 4, "language", "must be en, as the file's path says"),
        ("lang: ../..", 4, "lang", "is not a known key here"),
        ("topic: campaigns", 4, "topic", "must be billing, as the file's path says"),
        ("slug: other", 4, "slug", "must be charged-twice, as the file's path says"),
        ("updated: 2026-02-30", 4, "updated", "is no date"),
        ("updated: soon", 4, "updated", "must be a date like 2026-10-14"),
        ("updated: 2026", 4, "updated", "must be a date like 2026-10-14"),
        ("updated: 2026-10-14 10:00:00", 4, "updated", "must be a date like 2026-10-14"),
        ("owner: desk\ntitle: again", 5, "title", "stands here for the second time"),
        ("video: {file: a.webm, file: b.webm}", 4, "file", "stands here for the second time"),
        ("owner: desk\nrevision: " + "9" * 5000, 5, "revision", "and no number"),
        ("revision: 0", 4, "revision", "greater than or equal to 1"),
        ("revision: 2.5", 4, "revision", "must be a whole number"),
        ("revision: yes", 4, "revision", "must be a whole number"),
        ("revision: .inf", 4, "revision", "must be a whole number"),
        ("tags:\n  - fine\n  - no", 6, "tags.1", "must be text; put it in quotes"),
        ("tags: one", 4, "tags", "must be a list"),
        ("status: live", 4, "status", "must be one of: 'draft', 'published' or 'archived'"),
        ("significance: huge", 4, "significance", "must be one of: 'typo', 'medium' or 'major'"),
        ("last_major: 2", 4, "last_major", "is newer than the revision"),
        ("summary: |\n  two\n  lines", 4, "summary", "must be one line without control characters"),
        ('summary: "a\\u2028b"', 4, "summary", "must be one line without control characters"),
        ('summary: "\\0"', 4, "summary", "must be one line without control characters"),
        ('summary: "\\ud800"', 4, "", "not valid YAML"),
        ("summary: ' '", 4, "summary", "must not be empty"),
        ("related: [billing/fine, ../../etc/passwd]", 4, "related.1", "is not a name that can stand here"),
        ("video: {file: ../secret.webm}", 4, "video.file", "is not a name that can stand here"),
        ("video: {file: /etc/passwd}", 4, "video.file", "is not a name that can stand here"),
        ("video: {file: a.webm, duration: 2:40}", 4, "video.duration", 'in quotes, like "2:40"'),
        ("video: {file: a.webm, captions: {../en: a.vtt}}", 4, "video.captions.../en", "is not a name"),
        ("video: yes", 4, "video", "must be keys with values"),
        ("kind2: [", 5, "", "not valid YAML"),
        ("x: " + "[" * 8000, 4, "", "nested deeper than 4"),
        ("x: " + "{a: " * 3000, 4, "", "nested deeper than 4"),
        ("x: " + "a" * 20_000, 2, "", "longer than 16,384 characters"),
        ("<<: {owner: me}", 4, "<<", "is not a known key here"),
        ("? [a]\n: b", 4, "", "a key must be one word"),
    ],
)
def test_bad_front_matter_is_refused_with_its_line(extra: str, line: int, field: str, message: str) -> None:
    """promises.md §4: the build fails naming file and line."""
    started = time.perf_counter()
    faults = _faults(_with(extra))
    assert time.perf_counter() - started < 1
    assert any(found[:2] == (line, field) and message in found[2] for found in faults), faults


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        ("", 1, "", "must begin with front matter"),
        ("# Title\n", 1, "", "must begin with front matter"),
        ("---\ntitle: T\nkind: faq\n", 1, "", "no closing line"),
        ("---\nkind: faq\n---\n", 2, "title", "is required"),
        ("---\ntitle: T\n---\n", 2, "kind", "is required"),
        ("---\n- a\n- b\n---\n", 2, "", "must be keys with values"),
        ("---\n\n---\n", 2, "", "must be keys with values"),
        ("---\ntitle: 2026\nkind: faq\n---\n", 2, "title", "must be text; put it in quotes"),
        ("---\ntitle: yes\nkind: faq\n---\n", 2, "title", "must be text; put it in quotes"),
        ("---\ntitle: T\nkind: essay\n---\n", 3, "kind", "must be one of"),
        ("---\ntitle: " + "T" * 201 + "\nkind: faq\n---\n", 2, "title", "at most 200"),
    ],
)
def test_a_bad_head_is_refused_with_its_line(text: str, line: int, field: str, message: str) -> None:
    faults = _faults(text)
    assert any(found[:2] == (line, field) and message in found[2] for found in faults), faults


def test_all_faults_are_told_at_once() -> None:
    assert [fault[:2] for fault in _faults(_with("status: live\nrevision: 0\ncolour: red"))] == [
        (4, "status"),
        (5, "revision"),
        (6, "colour"),
    ]


def test_templates_in_titles_stay_text() -> None:
    """promises.md §4: `{{7*7}}` is printed literally."""
    assert front_matter.read(PATH, '---\ntitle: "{{7*7}}"\nkind: faq\n---\nx')[0].title == "{{7*7}}"
