"""Searching as everybody else sees it: one hit a family, flags that tell the truth, and nothing that was withdrawn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from app.search.encoder import Encoder, EncoderIdentity, open_encoder
from app.search.hit import NAMES, Signals
from app.search.query import Query
from app.search.retriever import LEGS
from app.search.searcher import Searcher
from app.search.snapshot import Snapshot
from tests.search.repair_pages import BOILER, DRAIN, PAGES, TAP, VISIT
from tests.search.small_snapshot import TODAY, Fixed, Page, Published, snapshot_of

BUNDLED = open_encoder("bundled")


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return snapshot_of(PAGES, BUNDLED)


@pytest.fixture
def publication() -> Published:
    return Published()


@pytest.fixture
def searcher(snapshot: Snapshot, publication: Published) -> Searcher:
    return Searcher(Fixed(snapshot), BUNDLED, publication, lambda: TODAY)


class Failing:
    """An encoder that answers a question by failing, in one of the ways in which models fail."""

    def __init__(self, how: object) -> None:
        self._how = how

    @property
    def identity(self) -> EncoderIdentity:
        return BUNDLED.identity

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return BUNDLED.encode_passages(texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if isinstance(self._how, Exception):
            raise self._how
        return np.full((len(texts), 3 if self._how == "narrow" else 256), np.nan, dtype=np.float32)


def test_one_hit_a_family_best_first(searcher: Searcher) -> None:
    results = searcher.search(Query("how do I change the washer of a tap", "en"))
    families = [hit.family for hit in results.hits]
    assert families[0] == TAP
    assert len(set(families)) == len(families)
    assert all(one.score >= other.score for one, other in pairwise(results.hits))
    assert (results.mode, results.degraded, results.generation) == (
        "hybrid",
        (),
        searcher.snapshot.generation,
    )


def test_a_hit_says_where_it_stands(searcher: Searcher, snapshot: Snapshot) -> None:
    hit = searcher.search(Query("change the washer", "en")).hits[0]
    assert hit.url == f"/en/{TAP}#{hit.anchor}"
    assert (hit.heading, hit.title, hit.topic, hit.kind) == (
        "How do I change the washer?", "How do I fix a dripping tap?", "repairs", "faq",
    )  # fmt: skip
    assert snapshot.passages[hit.row].text == hit.passage
    assert hit.legs[LEGS.index("lexical")] > 0


def test_the_readers_language_first_and_every_fallback_flagged(searcher: Searcher) -> None:
    """R1.9."""
    german = {hit.family: hit for hit in searcher.search(Query("Termin absagen oder Hahn tropft", "de")).hits}
    assert (german[VISIT].language, german[VISIT].is_fallback) == ("de", False)
    assert (german[TAP].language, german[TAP].is_fallback) == ("en", True)
    brazilian = searcher.search(Query("pressão da caldeira baixa", "pt-BR")).hits[0]
    assert (brazilian.family, brazilian.language, brazilian.is_fallback) == (BOILER, "es", True)


def test_a_question_in_another_language_than_the_page_is_read_as_what_it_is(searcher: Searcher) -> None:
    results = searcher.search(Query("how do I clear a blocked drain in the sink", "de"))
    assert results.question_language == "en"
    assert results.hits[0].family == DRAIN
    assert results.hits[0].is_fallback, "the reader is still a German one"


def test_filters_hold_inside_the_search(searcher: Searcher) -> None:
    assert {hit.topic for hit in searcher.search(Query("tap washer", "en", topic="visits")).hits} <= {
        "visits"
    }
    assert not searcher.search(Query("tap washer", "en", kind="video")).hits
    assert len(searcher.search(Query("water", "en", limit=1)).hits) == 1
    cross = searcher.search(Query("caldera presión", "es", evidence=("en",)))
    assert {hit.language for hit in cross.hits} == {"en"}
    without = searcher.search(Query("dripping tap", "en", without=frozenset([TAP])))
    assert TAP not in {hit.family for hit in without.hits}


def test_what_is_withdrawn_is_gone_and_its_translation_steps_in(
    searcher: Searcher, publication: Published
) -> None:
    """P6: from the first request after, whatever the index says."""
    query = Query("Wie buche ich einen Termin?", "de")
    assert searcher.search(query).hits[0].language == "de"
    publication.withdrawn = {f"de/{VISIT}.md"}
    instead = searcher.search(query).hits[0]
    assert (instead.family, instead.language, instead.is_fallback) == (VISIT, "en", True)
    publication.withdrawn = {page.article().path for page in PAGES}
    emptied = searcher.search(query)
    assert not emptied.hits
    assert emptied.signals == Signals()
    assert not searcher.suggest("how", "en")


def test_a_whole_library_can_be_withdrawn(publication: Published) -> None:
    """P6: many at once, found in few rounds."""
    pages = [Page("en", f"t/a{at}", f"Tap {at}", (("", f"The tap number {at} drips."),)) for at in range(150)]
    searcher = Searcher(Fixed(snapshot_of(pages, BUNDLED)), BUNDLED, publication, lambda: TODAY)
    asked: list[str] = []
    publication.withdrawn = {page.article().path for page in pages[:-1]}
    publication.is_published = _recording(publication, asked)  # type: ignore[method-assign]
    assert [hit.family for hit in searcher.search(Query("tap drips", "en")).hits] == ["t/a149"]
    assert len(asked) < 400


@pytest.mark.parametrize("how", [RuntimeError("out of memory"), OSError("gone"), "narrow", "not a number"])
def test_a_failing_encoder_costs_its_legs_and_not_the_search(
    snapshot: Snapshot, publication: Published, how: object
) -> None:
    """P7."""
    searcher = Searcher(Fixed(snapshot), Failing(how), publication, lambda: TODAY)
    results = searcher.search(Query("dripping tap", "en"))
    assert (results.mode, results.degraded) == ("lexical", ("encoder",))
    assert results.hits[0].family == TAP
    assert results.signals.dense == results.signals.matching == 0
    assert results.signals.lexical_score == pytest.approx(results.signals.score)


def test_without_an_encoder_every_search_is_lexical(snapshot: Snapshot, publication: Published) -> None:
    searcher = Searcher(Fixed(snapshot), None, publication, lambda: TODAY)
    searcher.warm()
    assert searcher.search(Query("bolier presure", "en")).hits[0].family == BOILER
    assert searcher.search(Query("bolier presure", "en")).mode == "lexical"


@pytest.mark.parametrize("text", ["", "?!", "😀😀😀", "\x00\ud800"])
def test_what_asks_nothing_finds_nothing(searcher: Searcher, text: str) -> None:
    results = searcher.search(Query(text, "en"))
    assert (results.hits, results.mode, results.signals) == ((), "hybrid", Signals())
    assert searcher.suggest(text, "en") == []


def test_codes_are_found_exactly_in_any_language(searcher: Searcher) -> None:
    for language in ("en", "ja", "ar"):
        hit = searcher.search(Query("E-119", language)).hits[0]
        assert (hit.family, hit.heading) == (BOILER, "How do I top up the pressure?"), language


def test_stale_articles_are_flagged_on_the_day(publication: Published) -> None:
    """`nobody has` 6: staleness that readers and chat respect."""
    pages = [replace(PAGES[0], review_by=date(2026, 11, 22)), replace(PAGES[4], is_outdated_translation=True)]
    snapshot = snapshot_of(pages, BUNDLED)
    days = {"today": date(2026, 11, 22)}
    searcher = Searcher(Fixed(snapshot), BUNDLED, publication, lambda: days["today"])
    tap, visit = Query("dripping tap", "en"), Query("Termin buchen", "de")
    assert not searcher.search(tap).hits[0].is_stale
    assert searcher.search(visit).hits[0].is_stale
    days["today"] = date(2026, 11, 23)
    late = searcher.search(tap)
    assert late.hits[0].is_stale
    assert late.signals.stale == 1


def test_signals_are_numbers_in_the_order_of_their_names(searcher: Searcher) -> None:
    signals = searcher.search(Query("How do I fix a dripping tap?", "en")).signals
    vector = signals.vector()
    assert vector.shape == (len(NAMES),)
    assert np.isfinite(vector).all()
    assert vector[NAMES.index("heading_fit")] == signals.heading_fit == pytest.approx(1)
    assert (signals.same_language, signals.fallback, signals.agreement) == (1, 0, 1)
    assert signals.words_found == signals.words_known == pytest.approx(1)


def test_being_the_best_of_few_is_no_merit(publication: Published) -> None:
    alone = Searcher(Fixed(snapshot_of(PAGES[:1], BUNDLED)), BUNDLED, publication, lambda: TODAY)
    nonsense, real = (
        alone.search(Query(text, "en")).signals for text in ("paint a wooden fence", "dripping tap")
    )
    assert nonsense.share < 0.3
    assert real.share > 0.9
    assert nonsense.lead < 0.1 < real.lead


def test_a_swapped_snapshot_is_used_from_the_next_query_on(publication: Published) -> None:
    """P3: a query sees one generation only."""
    holder = Fixed(snapshot_of(PAGES[:1], BUNDLED))
    searcher = Searcher(holder, BUNDLED, publication, lambda: TODAY)
    assert searcher.search(Query("blocked drain", "en")).hits[:1] == () or (
        searcher.search(Query("blocked drain", "en")).hits[0].family == TAP
    )
    holder.current = snapshot_of(PAGES, BUNDLED)
    assert searcher.search(Query("blocked drain", "en")).hits[0].family == DRAIN
    assert [one.family for one in searcher.suggest("block", "en")] == [DRAIN]


def test_any_encoder_will_do(publication: Published) -> None:
    """A stand-in has token vectors of its own; an encoder without them loses late interaction only."""
    stand_in = open_encoder("hash:64")
    for encoder in (stand_in, _without_token_vectors()):
        searcher = Searcher(Fixed(snapshot_of(PAGES, encoder)), encoder, publication, lambda: TODAY)
        results = searcher.search(Query("dripping tap", "en"))
        assert (results.hits[0].family, results.mode) == (TAP, "hybrid")


def _without_token_vectors() -> Encoder:
    class Plain:
        identity = BUNDLED.identity
        encode_queries = staticmethod(BUNDLED.encode_queries)
        encode_passages = staticmethod(BUNDLED.encode_passages)

    return Plain()


def _recording(publication: Published, asked: list[str]):  # type: ignore[no-untyped-def]
    def is_published(article_path: str) -> bool:
        asked.append(article_path)
        return article_path not in publication.withdrawn

    return is_published
