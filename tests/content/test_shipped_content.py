"""The shipped sample help centre: complete, consistent, and written for readers (R0.1, R1.3, R1.9)."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from app.articles.article import Article, Kind, Status
from app.articles.blocks import BlockKind
from app.articles.checks import house_faults
from app.articles.library import Library, read_library
from app.articles.passages import MAX_WORDS, passages, words
from app.articles.rendering import parse
from app.languages import TAGS, detect, fallback_chain

CONTENT = Path(__file__).parents[2] / "content"
OWNERS = {
    f"{desk}-desk"
    for desk in (
        "onboarding",
        "campaigns",
        "performance",
        "billing",
        "account-health",
        "orders",
        "claims",
        "support",
    )
}
COMPLETE_TOPICS = ("account-health", "billing", "claims-and-disputes")
AT_LEAST_TRANSLATED = 32
KINDS = {"F": Kind.FAQ, "T": Kind.TUTORIAL, "G": Kind.TROUBLESHOOTING, "V": Kind.VIDEO}
# The families that questions from outside are keyed to: their slugs are fixed.
FAMILIES = {
    "getting-started": "create-partner-account T, verify-your-business T, who-can-sell F, add-team-members T, "
    "connect-your-store T, first-campaign-video V, change-language-and-time-zone F, two-step-sign-in T, close-your-account F",
    "campaigns": "choose-campaign-type F, create-search-campaign T, write-ad-copy T, image-and-video-specs F, "
    "keywords-and-match-types F, negative-keywords T, set-budget-and-bids T, schedule-campaigns T, ad-rejected G, "
    "ad-not-showing G, campaign-stuck-in-review G, pause-or-end-campaign F",
    "performance": "read-the-dashboard T, what-is-acos-and-roas F, clicks-but-no-sales G, impressions-dropped G, "
    "conversion-tracking T, tracking-not-recording G, attribution-window F, optimise-campaign-video V, export-reports T, "
    "numbers-do-not-match G",
    "billing": "how-billing-works F, charged-twice G, payment-failed G, change-payment-method T, download-invoices T, "
    "vat-and-tax-details F, promotional-credits F, dispute-an-invoice T, refund-timing F",
    "account-health": "account-status-explained F, health-markers F, dissatisfaction-rate F, contact-response-time F, "
    "policy-warnings F, account-suspended G, appeal-a-decision T, improve-your-rating T, cover-holidays T",
    "orders-and-returns": "return-policy-for-shoppers T, refund-a-shopper T, order-records F, late-delivery G, "
    "item-not-received G, damaged-or-wrong-item G",
    "claims-and-disputes": "chargebacks F, respond-to-chargeback T, guarantee-claims F, claim-notifications T, "
    "decision-matrix T, how-disputes-are-decided F, advanced-resolution F, request-a-review T",
    "contacting-support": "ways-to-contact F, response-times F, follow-your-ticket T, support-video V, "
    "languages-and-regions F, give-feedback F, service-checklist T, privacy-of-your-data F",
}


def _fixed() -> Iterator[tuple[str, Kind]]:
    for topic, listed in FAMILIES.items():
        for entry in listed.split(", "):
            slug, letter = entry.split(" ")
            yield f"{topic}/{slug}", KINDS[letter]


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(CONTENT)


def test_the_content_has_no_faults_and_keeps_the_house_rules(library: Library) -> None:
    assert [str(fault) for fault in house_faults(library)] == []
    assert all(article.status is Status.PUBLISHED for article in library.articles)


def test_english_has_every_family_in_its_kind(library: Library) -> None:
    """R0.1: 71 families, slugs and kinds fixed."""
    fixed = dict(_fixed())
    assert len(fixed) == 71
    english = {article.family: article.kind for article in library.published if article.language == "en"}
    assert {family: english.get(family) for family in fixed} == fixed


@pytest.mark.parametrize("language", [tag for tag in TAGS if tag != "en"])
def test_each_language_has_what_partners_ask_about_most(language: str, library: Library) -> None:
    """R1.9: at least 32 families; account health, billing and claims complete."""
    translated = {article.family for article in library.published if article.language == language}
    assert len(translated) >= AT_LEAST_TRANSLATED
    assert {family for family, _ in _fixed() if family.split("/")[0] in COMPLETE_TOPICS} <= translated


def test_the_fallback_chain_is_lived(library: Library) -> None:
    """R1.9: some families are left untranslated on purpose."""
    counts = Counter(article.language for article in library.published)
    assert all(counts[tag] < counts["en"] for tag in TAGS if tag != "en")


def test_every_article_has_an_owner_and_a_believable_date(library: Library) -> None:
    for article in library.articles:
        assert article.owner in OWNERS, article.path
        assert article.updated, article.path
        assert date(2026, 6, 1) <= article.updated <= date(2026, 11, 20), article.path


def test_the_films_can_be_played_and_read(library: Library) -> None:
    """R1.3: film, poster, captions and a transcript with time stamps."""
    films = [article for article in library.published if article.kind is Kind.VIDEO]
    assert {article.family for article in films} >= {
        family for family, kind in _fixed() if kind is Kind.VIDEO
    }
    for article in films:
        assert article.video, article.path
        assert article.video.poster, article.path
        assert "en" in article.video.captions, article.path
        assert (CONTENT / "media" / article.video.file).read_bytes()[:4] == b"\x1a\x45\xdf\xa3", "no WebM"


def test_passages_are_of_a_size_to_be_found_and_quoted(library: Library) -> None:
    """R0.1: nothing is longer than the encoder reads, and most of it is long enough to mean something."""
    sizes = [words(passage.text) for article in library.published for passage in passages(article)]
    assert max(sizes) <= MAX_WORDS + 1
    assert sum(size >= 15 for size in sizes) / len(sizes) >= 0.95


def test_no_two_articles_say_the_same_in_the_same_words(library: Library) -> None:
    """R4.17: each family owns its subject, so that a search can tell them apart."""
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for article in library.published:
        for sentence in _long_sentences(article):
            said[article.language, sentence].add(article.family)
    repeated = {sentence: families for sentence, families in said.items() if len(families) > 1}
    assert repeated == {}


def test_translations_are_written_in_their_script(library: Library) -> None:
    """R1.9: no page was left in English."""
    scripts = {"ja": r"[\u3040-\u30ff]", "zh-Hans": r"[\u4e00-\u9fff]", "ar": r"[\u0600-\u06ff]"}
    for article in library.published:
        if pattern := scripts.get(article.language):
            for passage in passages(article):
                assert re.search(pattern, passage.text), f"{article.path}#{passage.anchor}"
            assert re.search(pattern, article.title), article.path


def test_listed_questions_stand_where_their_readers_are_sent(library: Library) -> None:
    """A reader of Portuguese is sent to the Spanish article before the English one: there the search needs the question."""
    translations: dict[str, dict[str, Article]] = defaultdict(dict)
    for article in library.published:
        translations[article.family][article.language] = article
    for family, articles in translations.items():
        for language, article in articles.items():
            for question in article.questions:
                asked_in = detect(question, language)
                shown = next(one for one in fallback_chain(asked_in) if one in articles)
                assert shown == language, (
                    f"{family}: {question!r} ({asked_in}) stands in {language}, its readers see {shown}"
                )


def _long_sentences(article: Article) -> Iterator[str]:
    for block in parse(article.body).blocks:
        if block.kind is not BlockKind.HEADING:
            for sentence in re.split(r"(?<=[.!?。！？؟])\s*|\n", block.text):
                if words(sentence) >= 12:
                    yield sentence.strip()
