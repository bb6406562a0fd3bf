"""What `prepare.py` and `teach.py` wrote, and how batches are drawn from it."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from teach import shortest_first

# The languages of the site are drawn twice as often as the square root of their share says.
SITE = ("en", "es", "de", "fr", "ja", "zh", "ar", "pt")
LEAST_HEADING, LEAST_BODY = 2, 8  # tokens; a shorter section teaches nothing
RUN = 64  # sections in a row, so that they share documents
BODY_ALONE_EVERY = 7  # one passage in so many is read without its title and heading


@dataclass(frozen=True, slots=True)
class Flat:
    """Texts as tokens: text i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: np.ndarray
    offsets: np.ndarray

    def text(self, number: int) -> np.ndarray:
        return self.ids[self.offsets[number] : self.offsets[number + 1]]

    def bag(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tokens of the chosen texts in a row, and where each begins."""
        lengths = self.offsets[chosen + 1] - self.offsets[chosen]
        ids = np.concatenate([self.text(number) for number in chosen])
        return ids.astype(np.int64), np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)


class Corpus:
    """All texts in memory (about 3 GB)."""

    def __init__(self, work: Path, draw: np.random.Generator) -> None:
        self.draw = draw
        english, pairs, sections = (
            np.load(work / f"{name}.npz") for name in ("english", "pairs", "sections")
        )
        self.english, self.pairs = flat(english, "text"), flat(pairs, "text")
        self.english_of_pair = pairs["english"]
        self._pairs_by = [
            np.flatnonzero(pairs["language"] == number) for number in range(len(pairs["names"]))
        ]
        self._pair_shares = shares(pairs["names"], self._pairs_by)
        self.titles, self.headings, self.bodies = (
            flat(sections, name) for name in ("title", "heading", "body")
        )
        self.section_language, self.names = sections["language"], [str(name) for name in sections["names"]]
        self.parallel, self.is_held_out = sections["parallel"], sections["held_out"]
        self.is_useful = (self.headings.lengths >= LEAST_HEADING) & (self.bodies.lengths >= LEAST_BODY)
        self._arrange_sections(sections["document"])
        self._read_teacher(work)

    def _arrange_sections(self, documents: np.ndarray) -> None:
        usable = np.flatnonzero(self.is_useful & ~self.is_held_out)
        usable = usable[np.argsort(documents[usable], kind="stable")]
        self._sections_by = [usable[self.section_language[usable] == n] for n in range(len(self.names))]
        self._section_shares = shares(self.names, self._sections_by)
        groups = defaultdict(list)
        for number in usable:
            groups[self.parallel[number]].append(number)
        self._parallels = [group for group in groups.values() if len(group) > 1]

    def _read_teacher(self, work: Path) -> None:
        order = shortest_first((work / "english.txt").read_text(encoding="utf-8").split("\n"))
        shards = {int(path.stem): np.load(path) for path in sorted((work / "teacher").glob("*.npy"))}
        self.teacher = np.zeros((len(order), next(iter(shards.values())).shape[1]), np.float16)
        self.is_taught = np.zeros(len(order), bool)
        for start, vectors in shards.items():
            self.teacher[order[start : start + len(vectors)]] = vectors
            self.is_taught[order[start : start + len(vectors)]] = True
        self.taught = np.flatnonzero(self.is_taught)

    def taught_vectors(self, numbers: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.teacher[numbers].astype(np.float32))

    def choose_pairs(self, count: int, *, one_language: bool) -> np.ndarray:
        languages = self.draw.choice(len(self._pairs_by), 1 if one_language else count, p=self._pair_shares)
        return np.array([self.draw.choice(self._pairs_by[n]) for n in np.resize(languages, count)])

    def choose_taught(self, count: int) -> np.ndarray:
        return self.draw.choice(self.taught, count)

    def choose_sections(self, count: int, *, siblings: bool) -> np.ndarray:
        """Sections of one language; `siblings` draws runs of whole documents."""
        pool = self._sections_by[self.draw.choice(len(self.names), p=self._section_shares)]
        if not siblings:
            return self.draw.choice(pool, min(count, len(pool)), replace=False)
        starts = self.draw.integers(0, max(1, len(pool) - RUN), size=max(1, min(count, len(pool)) // RUN))
        return np.unique(np.concatenate([pool[start : start + RUN] for start in starts]))

    def choose_parallel_sections(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The same sections in two languages each."""
        groups = self.draw.integers(0, len(self._parallels), size=count)
        both = np.array([self.draw.choice(self._parallels[group], 2, replace=False) for group in groups])
        return both[:, 0], both[:, 1]

    def passages_of(self, chosen: np.ndarray) -> Flat:
        """Title, heading and body in a row, as passages are encoded; now and then the body alone."""
        texts = [
            self.bodies.text(n) if n % BODY_ALONE_EVERY == 0
            else np.concatenate([self.titles.text(n), self.headings.text(n), self.bodies.text(n)])
            for n in chosen
        ]  # fmt: skip
        return Flat(np.concatenate(texts), np.concatenate([[0], np.cumsum([len(text) for text in texts])]))


def keys_of(texts: Flat, chosen: np.ndarray) -> np.ndarray:
    """Equal numbers for equal texts."""
    return np.array([hash(texts.text(number).tobytes()) for number in chosen], np.int64)


def flat(archive: np.lib.npyio.NpzFile, name: str) -> Flat:
    return Flat(archive[f"{name}_ids"], archive[f"{name}_offsets"])


def shares(names: list[str], groups: list[np.ndarray]) -> np.ndarray:
    """How often each language is drawn."""
    weights = np.array(
        [len(group) ** 0.5 * (2 if name in SITE else 1) for name, group in zip(names, groups, strict=True)]
    )
    return weights / weights.sum()
