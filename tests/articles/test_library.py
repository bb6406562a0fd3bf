"""The library: reading a content folder, lookups along the fallback chain, staleness."""

from datetime import date
from pathlib import Path

import pytest

from app.articles.article import Status
from app.articles.library import Library, Staleness, read_library
from app.errors import ContentRefused
from tests.articles.folder import ContentFolder

TODAY = date(2026, 11, 25)


@pytest.fixture
def library(content: ContentFolder) -> Library:
    content.write("en/billing/charges", title="Charges", revision=5, significance="medium", last_major=4)
    content.write("es/billing/charges", title="Cargos", translation_of=4)
    content.write("de/billing/charges", title="Abbuchungen", translation_of=3)
    content.write("es/campaigns/solo", title="Solo en español")
    content.write("en/billing/late", title="Late", review_by="2026-11-24")
    content.write("en/billing/today", title="Today", review_by="2026-11-25")
    content.write("en/performance/draft", title="Draft", status="draft")
    content.write("ja/billing/late", title="古い", status="archived", translation_of=1)
    content.write("README.md", "not an article")
    content.write("en/glossary.toml", "a = 1")
    content.write("en/billing/README.md", "not an article")
    content.write("media/anything.bin", b"\x00")
    content.write(".git/config.md", "hidden")
    return content.read()


def test_an_article_says_what_its_file_says(content: ContentFolder) -> None:
    content.write("media/walk.webm", b"film")
    content.write("media/walk.jpg", b"picture")
    content.write("media/walk.en.vtt", b"WEBVTT")
    content.write("media/walk.pt-BR.vtt", b"WEBVTT")
    content.write("en/billing/other")
    path = content.write(
        "en/billing/film",
        kind="video",
        tags="[a, b]",
        updated="2026-10-14",
        related="[billing/other]",
        video='{file: walk.webm, poster: walk.jpg, duration: "2:40"}',
    )
    found = content.read().get("en", "billing/film")
    assert found
    assert (found.topic, found.slug, found.path) == ("billing", "film", "en/billing/film.md")
    assert (found.tags, found.updated, found.related) == (("a", "b"), date(2026, 10, 14), ("billing/other",))
    assert found.video
    assert found.video.duration
    assert found.video.duration.total_seconds() == 160
    assert found.video.captions == {"en": "walk.en.vtt", "pt-BR": "walk.pt-BR.vtt"}
    assert len(found.digest) == 64
    path.write_bytes(path.read_bytes() + b"\n")
    changed = content.read().get("en", "billing/film")
    assert changed
    assert changed.digest != found.digest


def test_a_missing_summary_is_the_first_paragraph_cut_at_a_word(content: ContentFolder) -> None:
    content.write("en/billing/short", body="## Head\n\nOnly *this*.\n\nNot this.")
    content.write("en/billing/long", body="word " * 100)
    content.write("ja/billing/long", body="請求" * 200)
    library = content.read()
    summaries = {a.path: a.summary for a in library.articles}
    assert summaries["en/billing/short.md"] == "Only this."
    assert summaries["en/billing/long.md"].endswith("word…")
    assert all(len(summary) <= 200 for summary in summaries.values())


def test_lookups_know_published_articles_only(library: Library) -> None:
    """P6: what is not published is not found."""
    assert library.get("en", "performance/draft") in library.articles
    assert library.best("performance/draft", "en") is None
    assert "performance/draft" not in library.families()
    assert library.topics("en") == ("billing",)
    assert all(article.status is Status.PUBLISHED for article in library.published)
    assert [a.language for a in library.translations("billing/late")] == ["en"]


def test_a_reader_gets_their_language_or_the_next_in_the_chain(library: Library) -> None:
    """R1.9: pt-BR falls back to es, then en; nobody falls back to a language outside their chain."""

    def title(family: str, language: str) -> str | None:
        found = library.best(family, language)
        return found.title if found else None

    assert [title("billing/charges", tag) for tag in ("de", "pt-BR", "ja")] == [
        "Abbuchungen",
        "Cargos",
        "Charges",
    ]
    assert [title("campaigns/solo", tag) for tag in ("es", "pt-BR", "en", "de")] == [
        "Solo en español"
    ] * 2 + [None] * 2
    assert title("billing/late", "ja") == "Late"
    assert library.topics("pt-BR") == ("billing", "campaigns")


def test_translations_come_in_the_order_of_the_sites_languages(library: Library) -> None:
    assert [a.language for a in library.translations("billing/charges")] == ["en", "es", "de"]
    assert library.translations("no/such") == ()


def test_a_translation_is_stale_once_english_had_a_major_edit(library: Library) -> None:
    """R1.8: smaller English edits leave translations fresh."""
    fresh, behind = library.best("billing/charges", "es"), library.best("billing/charges", "de")
    assert fresh
    assert behind
    assert library.staleness(fresh, TODAY) is None
    assert library.staleness(behind, TODAY) is Staleness.TRANSLATION
    assert library.source(behind) is library.get("en", "billing/charges")


def test_an_article_is_stale_from_the_day_after_its_review_was_due(library: Library) -> None:
    """R3.5: articles expire unless verified again."""
    late, today = library.best("billing/late", "en"), library.best("billing/today", "en")
    assert late
    assert today
    assert library.staleness(late, TODAY) is Staleness.REVIEW
    assert not library.is_stale(today, TODAY)
    assert library.is_stale(today, date(2026, 11, 26))


def test_the_digest_of_a_library_follows_every_file(content: ContentFolder) -> None:
    content.write("en/billing/a")
    content.write("en/billing/b")
    before = content.read().digest
    assert content.read().digest == before
    content.write("en/billing/b", tags="[new]")
    assert content.read().digest != before


def test_an_empty_folder_is_an_empty_library_and_a_missing_one_is_a_fault(tmp_path: Path) -> None:
    assert read_library(tmp_path).articles == ()
    with pytest.raises(ContentRefused, match="there is no content folder"):
        read_library(tmp_path / "nowhere")
