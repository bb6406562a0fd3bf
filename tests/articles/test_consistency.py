"""Every fault of a content folder is told at once, each with file, line and field (promises.md §4)."""

import os

import pytest

from app.errors import ContentFault, ContentRefused
from tests.articles.folder import ContentFolder


def _faults(content: ContentFolder) -> tuple[ContentFault, ...]:
    with pytest.raises(ContentRefused) as refused:
        content.read()
    return refused.value.faults


def _only(content: ContentFolder) -> tuple[str, int, str, str]:
    (fault,) = _faults(content)
    return fault.path, fault.line, fault.field, fault.message


def test_faults_of_all_files_are_told_together(content: ContentFolder) -> None:
    content.write("en/billing/a", related="[billing/nothing]")
    content.write("en/billing/b", "no front matter")
    content.write("en/billing/c", status="live", revision="x")
    content.write("xx/billing/a")
    assert [(f.path, f.line, f.field) for f in _faults(content)] == [
        ("en/billing/a.md", 4, "related"),
        ("en/billing/b.md", 1, ""),
        ("en/billing/c.md", 4, "status"),
        ("en/billing/c.md", 5, "revision"),
        ("xx", 1, "language"),
    ]


def test_a_slug_is_taken_once_a_language(content: ContentFolder) -> None:
    """promises.md §4: duplicate slug."""
    content.write("en/billing/refunds")
    content.write("en/campaigns/refunds")
    content.write("es/campaigns/refunds")
    assert _only(content) == (
        "en/campaigns/refunds.md",
        1,
        "slug",
        "is taken already by en/billing/refunds.md",
    )


@pytest.mark.parametrize(
    ("path", "where", "field"),
    [
        ("en/loose.md", "en/loose.md", "topic"),
        ("en/Billing/a.md", "en/Billing", "topic"),
        ("en/billing/Refunds.md", "en/billing/Refunds.md", "slug"),
        ("en/billing/a b.md", "en/billing/a b.md", "slug"),
        ("en/billing/a.markdown", "en/billing/a.markdown", "slug"),
        ("en/billing/" + "a" * 81 + ".md", "en/billing/" + "a" * 81 + ".md", "slug"),
        ("en/billing/deep/a.md", "en/billing/deep", "slug"),
        ("EN/billing/a.md", "EN", "language"),
        ("pt/billing/a.md", "pt", "language"),
    ],
)
def test_files_lie_where_articles_can(path: str, where: str, field: str, content: ContentFolder) -> None:
    content.write(path)
    assert _only(content)[::2] == (where, field)


@pytest.mark.parametrize(
    ("language", "revision", "line", "message"),
    [
        ("es", 4, 4, "is newer than the English article, which has revision 3"),
        ("en", 1, 4, "stands in translations only"),
    ],
)
def test_translations_render_a_revision_that_exists(
    language: str, revision: int, line: int, message: str, content: ContentFolder
) -> None:
    content.write("en/billing/a" if language != "en" else "en/billing/z", revision=3)
    content.write(f"{language}/billing/a", translation_of=revision)
    assert _only(content) == (f"{language}/billing/a.md", line, "translation_of", message)


def test_a_question_leads_to_one_article_of_a_language(content: ContentFolder) -> None:
    content.write("en/billing/a", questions='["Is my  money gone?"]')
    content.write("en/campaigns/b", tags="[x]", questions='["More", "is my money gone?"]')
    content.write("es/billing/a", questions='["Is my money gone?"]', translation_of=1)
    assert _only(content) == (
        "en/campaigns/b.md", 5, "questions", "'is my money gone?' is a question of en/billing/a.md already",
    )  # fmt: skip


def test_a_translation_needs_its_english_article(content: ContentFolder) -> None:
    content.write("es/billing/a", tags="[x]", translation_of=1)
    assert _only(content) == (
        "es/billing/a.md", 5, "translation_of", "there is no en/billing/a.md that could be translated",
    )  # fmt: skip


def test_related_articles_exist_in_some_language_and_are_others(content: ContentFolder) -> None:
    content.write("en/billing/a", related="[campaigns/b]")
    content.write("es/campaigns/b", related="[billing/a, campaigns/b]")
    assert _only(content) == ("es/campaigns/b.md", 4, "related", "names the article itself")


@pytest.mark.parametrize(
    "address", ["b.md", "../b.md", "../../xx/billing/ok.md", "../billing/ok/x.md", "/billing/ok.md"]
)
def test_links_lead_to_articles(address: str, content: ContentFolder) -> None:
    content.write("en/billing/ok")
    content.write("en/billing/a", body=f"Fine.\n\nSee [b]({address}).")
    assert _only(content) == ("en/billing/a.md", 7, "link", f"{address} leads to no article")


def test_links_may_lead_to_what_is_not_translated(content: ContentFolder) -> None:
    content.write("en/billing/ok")
    content.write(
        "ja/billing/a",
        body="[b](ok.md) [c](../billing/ok.md#x) [d](https://x.test/e.md) [f](mailto:a@b.test)",
    )
    assert len(content.read().articles) == 2


def test_a_link_to_a_faulty_article_is_not_a_second_fault(content: ContentFolder) -> None:
    content.write("en/billing/broken", "nothing")
    content.write("en/billing/a", body="[b](broken.md)", related="[billing/broken]")
    assert _only(content)[0] == "en/billing/broken.md"


@pytest.mark.parametrize(
    ("video", "missing"),
    [
        ("{file: none.webm}", "none.webm"),
        ("{file: walk.webm, poster: none.jpg}", "none.jpg"),
        ("{file: walk.webm, captions: {en: none.vtt}}", "none.vtt"),
    ],
)
def test_films_posters_and_captions_exist(video: str, missing: str, content: ContentFolder) -> None:
    """R1.3: a video article without its film is a fault."""
    content.write("media/walk.webm", b"film")
    content.write("en/billing/film", kind="video", video=video)
    assert _only(content) == ("en/billing/film.md", 4, "video", f"there is no file media/{missing}")


def test_pictures_of_the_content_folder_exist(content: ContentFolder) -> None:
    content.write("en/billing/a", body="x\n\n![y](../../media/none.png)")
    assert _only(content) == ("en/billing/a.md", 7, "picture", "there is no file media/none.png")


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"---\ntitle: T\nkind: faq\n---\nx\n\xff\xfe", 6, "is not UTF-8 text"),
        (b"---\ntitle: T\nkind: faq\n---\nx\n\nNUL \x00 here", 7, "the line has control characters"),
        (b"---\ntitle: T\nkind: faq\n---\n \n\n", 5, "is empty"),
        (b"---\ntitle: T\nkind: faq\n---\n" + b"a " * 250_000, 1, "is larger than 400,000 bytes"),
        (b"", 1, "must begin with front matter between two lines ---"),
    ],
)
def test_files_that_are_no_text_are_refused(
    raw: bytes, line: int, message: str, content: ContentFolder
) -> None:
    content.write("en/billing/a", raw)
    path, at, _, said = _only(content)
    assert (path, at, said) == ("en/billing/a.md", line, message)


def test_links_out_of_the_folder_and_special_files_are_refused(content: ContentFolder) -> None:
    outside = content.root.parent / "secret.md"
    outside.write_text("---\ntitle: Secret\nkind: faq\n---\nx", encoding="utf-8")
    content.write("en/billing/a")
    (content.root / "en/billing/out.md").symlink_to(outside)
    (content.root / "en/billing/gone.md").symlink_to(content.root / "nowhere.md")
    os.mkfifo(content.root / "en/billing/pipe.md")
    assert [(f.path, f.field) for f in _faults(content)] == [
        ("en/billing/gone.md", "slug"),
        ("en/billing/out.md", "slug"),
        ("en/billing/pipe.md", "slug"),
    ]
