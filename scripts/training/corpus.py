"""What `tokenise.py` and `teach.py` wrote, on the device where it is trained, and how batches are drawn from it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from teach import shortest_first
from torch import Tensor

# The languages of the site are drawn twice as often as the square root of their share says.
SITE = ("en", "es", "de", "fr", "ja", "zh", "ar", "pt")
LEAST_HEADING, LEAST_BODY = 2, 8  # tokens; a shorter section teaches nothing


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts as tokens: text i is `ids[offsets[i]:offsets[i + 1]]`."""

    ids: Tensor
    offsets: Tensor

    @classmethod
    def load(cls, path: Path, device: str) -> "Texts":
        stored = np.load(path)
        return cls(torch.from_numpy(stored["ids"]).to(device), torch.from_numpy(stored["offsets"]).to(device))

    @classmethod
    def of(cls, lists: list[list[int]], device: str) -> "Texts":
        lengths = torch.tensor([0] + [len(one) for one in lists])
        ids = torch.tensor([token for one in lists for token in one], dtype=torch.int32)
        return cls(ids.to(device), lengths.cumsum(0).to(device))

    @property
    def lengths(self) -> Tensor:
        return self.offsets[1:] - self.offsets[:-1]

    def bag(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens of the chosen texts in a row, and where each begins."""
        lengths = self.offsets[chosen + 1] - self.offsets[chosen]
        starts = lengths.cumsum(0) - lengths
        shift = torch.repeat_interleave(self.offsets[chosen] - starts, lengths)
        return self.ids[shift + torch.arange(len(shift), device=shift.device)].long(), starts

    def padded(self, chosen: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """(n, up to `longest`) tokens, 0 behind the end, and which of them are there."""
        lengths = (self.offsets[chosen + 1] - self.offsets[chosen]).clamp(max=longest)
        at = torch.arange(int(lengths.max()), device=lengths.device)[None, :]
        there = at < lengths[:, None]
        ids = self.ids[(self.offsets[chosen][:, None] + at).clamp(max=len(self.ids) - 1)]
        return torch.where(there, ids, 0).long(), there

    def joined(self, *others: "Texts") -> "Texts":
        """Text i of this and then text i of each of the others, as one text."""
        every = (self, *others)
        lengths = sum(one.lengths for one in every)
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64, device=lengths.device), lengths.cumsum(0)])
        ids = torch.empty(int(offsets[-1]), dtype=torch.int32, device=lengths.device)
        at = offsets[:-1].clone()
        for one in every:
            inside = torch.arange(len(one.ids), device=at.device) - torch.repeat_interleave(
                one.offsets[:-1], one.lengths
            )
            ids[torch.repeat_interleave(at, one.lengths) + inside] = one.ids
            at = at + one.lengths
        return Texts(ids, offsets)


class Drawn:
    """Numbers grouped by language, drawn by language first."""

    def __init__(self, numbers: Tensor, languages: Tensor, names: list[str], least: int = 1) -> None:
        order = torch.argsort(languages[numbers], stable=True)
        self.numbers = numbers[order]
        self.counts = torch.bincount(languages[numbers], minlength=len(names))
        self.starts = self.counts.cumsum(0) - self.counts
        favour = torch.tensor([2.0 if name in SITE else 1.0 for name in names], device=numbers.device)
        self.shares = self.counts.float().sqrt() * favour * (self.counts >= least)

    def mixed(self, count: int) -> Tensor:
        return self._inside(torch.multinomial(self.shares, count, replacement=True))

    def one_language(self, count: int) -> Tensor:
        return self._inside(torch.multinomial(self.shares, 1).expand(count))

    def all_of_one(self) -> Tensor:
        language = int(torch.multinomial(self.shares, 1))
        return self.numbers[self.starts[language] : self.starts[language] + self.counts[language]]

    def _inside(self, languages: Tensor) -> Tensor:
        counts = self.counts[languages]
        inside = (torch.rand(len(languages), device=counts.device) * counts).long().clamp(max=counts - 1)
        return self.numbers[self.starts[languages] + inside]


class Corpus:
    """All texts on the device (about 1 GB)."""

    def __init__(self, work: Path, tokens: Path, device: str) -> None:
        self.device = device
        self.english, self.pairs, self.titles, self.headings, self.bodies = (
            Texts.load(tokens / f"{name}.npz", device)
            for name in ("english", "pairs", "title", "heading", "body")
        )
        facts = np.load(tokens / "facts.npz")
        self.names, self.sources = (
            [str(one) for one in facts["names"]],
            [str(one) for one in facts["sources"]],
        )
        self.pair_language, self.pair_english, self.language, self.document, self.parallel, self.source, self.held_out, \
            self.english_heading, self.english_body = (
                torch.from_numpy(facts[name]).to(device)
                for name in ("pair_language", "pair_english", "language", "document", "parallel", "source", "held_out",
                             "english_heading", "english_body")
            )  # fmt: skip
        self.passages = self.titles.joined(self.headings, self.bodies)
        self._read_teacher(work)
        self._arrange()

    def _read_teacher(self, work: Path) -> None:
        order = torch.from_numpy(
            shortest_first((work / "english.txt").read_text(encoding="utf-8").rstrip("\n").split("\n"))
        )
        shards = {int(path.stem): np.load(path) for path in sorted((work / "teacher").glob("*.npy"))}
        self.teacher = torch.zeros(len(order), next(iter(shards.values())).shape[1], dtype=torch.float16)
        taught = torch.zeros(len(order), dtype=torch.bool)
        for start, vectors in shards.items():
            self.teacher[order[start : start + len(vectors)]] = torch.from_numpy(vectors)
            taught[order[start : start + len(vectors)]] = True
        self.teacher = self.teacher.to(self.device)
        self.is_taught = taught.to(self.device)
        self.taught = torch.nonzero(self.is_taught)[:, 0]

    def _arrange(self) -> None:
        useful = (self.headings.lengths >= LEAST_HEADING) & (self.bodies.lengths >= LEAST_BODY)
        self.tested = torch.nonzero(useful & self.held_out)[:, 0]
        learned = torch.nonzero(useful & ~self.held_out)[:, 0]
        self.pair_draw = Drawn(
            torch.arange(len(self.pair_language), device=self.device), self.pair_language, self.names
        )
        self.section_draw = Drawn(learned, self.language, self.names, least=500)
        order = learned[torch.argsort(self.parallel[learned], stable=True)]
        _, counts = torch.unique_consecutive(self.parallel[order], return_counts=True)
        several = torch.repeat_interleave(counts, counts) > 1
        self.groups = order[several]
        counts = counts[counts > 1]
        self.group_counts, self.group_starts = counts, counts.cumsum(0) - counts

    def parallel_sections(self, count: int) -> tuple[Tensor, Tensor]:
        """The same sections in two languages each."""
        group = torch.randint(len(self.group_counts), (count,), device=self.device)
        counts, starts = self.group_counts[group], self.group_starts[group]
        first = (torch.rand(count, device=self.device) * counts).long().clamp(max=counts - 1)
        step = 1 + (torch.rand(count, device=self.device) * (counts - 1)).long().clamp(max=counts - 2)
        return self.groups[starts + first], self.groups[starts + (first + step) % counts]

    def some_taught(self, count: int) -> Tensor:
        return self.taught[torch.randint(len(self.taught), (count,), device=self.device)]


def keys_of(texts: Texts, chosen: Tensor) -> Tensor:
    """Equal numbers for equal texts (up to a rare chance)."""
    ids, starts = texts.bag(chosen)
    lengths = texts.offsets[chosen + 1] - texts.offsets[chosen]
    inside = torch.arange(len(ids), device=ids.device) - torch.repeat_interleave(starts, lengths)
    mixed = (ids + 1) * (inside * 2_654_435_761 + 40_503) % 2_147_483_647
    keys = torch.zeros(len(chosen), dtype=torch.int64, device=ids.device)
    return keys.index_add_(
        0, torch.repeat_interleave(torch.arange(len(chosen), device=ids.device), lengths), mixed
    )
