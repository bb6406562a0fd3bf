"""What an answer may rest on: the passages of the articles that were found, and nothing else."""

from collections.abc import Sequence

from app.articles.article import Passage
from app.chat.answer import Answer
from app.chat.composer import Brief
from app.search.hit import Hit
from app.search.snapshot import Snapshot


def passages_of(snapshot: Snapshot, hit: Hit) -> Sequence[Passage]:
    """All passages of the article that a hit is from, in reading order."""
    return snapshot.passages_of(hit.language, hit.family)


def weight_of(snapshot: Snapshot, word: str, language: str) -> float:
    """How much a word tells in the articles of a language: its idf."""
    columns = snapshot.lexical.columns.get(language)
    return columns.idf(word) if columns else 1.0


def rests_on_evidence(answer: Answer, brief: Brief) -> bool:
    """Whether the answer has citations, and each quotes an article that was found, word for word (P18)."""
    found = {(hit.family, hit.language): hit for hit in brief.hits}
    for citation in answer.citations:
        hit = found.get((citation.family, citation.language))
        if hit is None or not citation.quote.strip():
            return False
        texts = [hit.passage, *(passage.text for passage in brief.passages_of(hit))]
        if not any(citation.quote in text for text in texts):
            return False
    return bool(answer.citations)
