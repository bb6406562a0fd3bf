"""What a build did, or would do: in total, and per article against the generation before it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app.articles.article import Passage


@dataclass(frozen=True, slots=True, order=True)
class ArticleChange:
    """Passages of one article that are new, say something else, or are gone. An article without any is not listed."""

    language: str
    family: str
    added: int
    changed: int
    removed: int

    def __str__(self) -> str:
        counts = {"added": self.added, "changed": self.changed, "removed": self.removed}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        return f"{self.language} {self.family}: {told}"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did, or would do. `generation` is the id that is served now, None for a dry run.

    `added`, `changed`, `removed` count passages against the generation before, `changes` says so per article;
    `encoded` counts the texts that went through the encoder, `reused` the passages that needed none of it. With few
    changes the calibration of the generation before `is_calibration_kept`.
    """

    generation: str | None
    articles: int
    passages: int
    encoded: int
    reused: int
    is_calibration_kept: bool
    seconds: float
    changes: tuple[ArticleChange, ...]

    @property
    def added(self) -> int:
        """Passages that were not there before."""
        return sum(change.added for change in self.changes)

    @property
    def changed(self) -> int:
        """Passages that say something else than before."""
        return sum(change.changed for change in self.changes)

    @property
    def removed(self) -> int:
        """Passages that are gone."""
        return sum(change.removed for change in self.changes)

    def lines(self) -> tuple[str, ...]:
        """The report in words, for a terminal; a dry run tells every article that differs."""
        counts = (
            f"{self.articles} articles, {self.passages} passages: {self.added} added, {self.changed} changed, "
            f"{self.removed} removed"
        )
        if self.generation:
            fitted = "calibration kept" if self.is_calibration_kept else "calibrated"
            work = f"{self.encoded} encoded, {self.reused} reused, {fitted}, {self.seconds:.1f} s"
            return (f"Generation {self.generation} is served now.", f"{counts}; {work}.")
        work = f"{self.encoded} to encode, {self.reused} to reuse"
        return (f"A build would give {counts}; {work}.", *(f"  {change}" for change in self.changes))


def compare(before: Sequence[Passage], after: Sequence[Passage]) -> tuple[ArticleChange, ...]:
    """Every article whose passages differ, in order of language and family.

    A passage with the same digest is unchanged wherever it has moved to. Of the others, one that stands under the
    same anchor before and after is changed.
    """
    old, new = _by_article(before), _by_article(after)
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    changes = (_article_change(key, old.get(key, []), new.get(key, [])) for key in differing)
    return tuple(change for change in changes if change.added or change.changed or change.removed)


def _by_article(passages: Sequence[Passage]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Digest and anchor of the passages of each article."""
    grouped: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for passage in passages:
        grouped[passage.language, passage.family].append((passage.digest, passage.anchor))
    return dict(grouped)


def _article_change(
    key: tuple[str, str], old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]
) -> ArticleChange:
    was, now = Counter(old), Counter(new)
    gone, come = _anchors_without(was, now), _anchors_without(now, was)
    changed = (gone & come).total()
    return ArticleChange(*key, added=come.total() - changed, changed=changed, removed=gone.total() - changed)


def _anchors_without(some: Counter[tuple[str, str]], others: Counter[tuple[str, str]]) -> Counter[str]:
    """How many passages under each anchor of `some` have no equal (same digest) among `others`."""
    equals = Counter[str]()
    for (digest, _), count in others.items():
        equals[digest] += count
    left = Counter[str]()
    for (digest, anchor), count in some.items():
        matched = min(count, equals[digest])
        equals[digest] -= matched
        left[anchor] += count - matched
    return left
