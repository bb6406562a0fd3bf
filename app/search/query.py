"""What is asked of the search: words, the reader's language, and the filters that hold inside the search."""

from dataclasses import dataclass

DEFAULT_LIMIT = 10
MAX_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Query:
    """One question of one reader.

    `language` is the reader's language: hits come in it where a family is published in it, else along
    its fallback chain. `topic` and `kind` restrict the candidates. `evidence` replaces the fallback chain
    (`("en",)` = English articles only) and `without` leaves families out as if they had never been
    written; both serve the measuring of quality.
    """

    text: str
    language: str
    topic: str | None = None
    kind: str | None = None
    limit: int = DEFAULT_LIMIT
    evidence: tuple[str, ...] | None = None
    without: frozenset[str] = frozenset()
