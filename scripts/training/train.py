"""Trains the static student: `train.py WORK --steps 1500 --out NEW`.

Three lessons, each a symmetric in-batch softmax over cosines (temperature .05): a text beside its English parallel; English
(and what is parallel to it) where the teacher puts it, through a linear map that is thrown away afterwards; a heading
beside its section, in one language with its document's other sections as negatives, or across languages.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from corpus import Corpus, Flat, keys_of
from held_out import measure
from safetensors.numpy import load_file, save_file
from torch import Tensor
from torch.nn import functional

WEIGHTS = Path(__file__).parents[2] / "app/search/weights"
TEMPERATURE = 0.05
PAIRS, SECTIONS = 1024, 768
WARM_UP, LAST_RATE = 100, 0.02


class Student(torch.nn.Module):
    """One row a token; `to_teacher` maps the student's space to the teacher's and is fitted before the first step."""

    def __init__(self, rows: np.ndarray, corpus: Corpus) -> None:
        super().__init__()
        self.rows = torch.nn.Parameter(torch.tensor(rows.astype(np.float32)))
        self.to_teacher = torch.nn.Parameter(torch.zeros(rows.shape[1], corpus.teacher.shape[1]))
        sample = corpus.taught[:: max(1, len(corpus.taught) // 20_000)]
        with torch.no_grad():
            ours = self(corpus.english, sample)
            self.to_teacher += torch.linalg.lstsq(ours, corpus.taught_vectors(sample)).solution

    def forward(self, texts: Flat, chosen: np.ndarray) -> Tensor:
        """Unit vectors (len(chosen), width)."""
        ids, offsets = texts.bag(chosen)
        summed = functional.embedding_bag(
            torch.from_numpy(ids), self.rows, torch.from_numpy(offsets), mode="sum", sparse=True
        )
        return functional.normalize(summed, dim=1)

    def as_teacher(self, vectors: Tensor) -> Tensor:
        return functional.normalize(vectors @ self.to_teacher, dim=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--start", type=Path, default=WEIGHTS, help="folder of the weights to start from")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=0.02, help="highest learning rate, in mean row entries")
    parser.add_argument("--teacher-weight", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    corpus = Corpus(options.work, np.random.default_rng(0))
    student = Student(load_file(options.start / "model.safetensors")["embedding.weight"], corpus)
    report(student, corpus, 0)
    if not options.steps:
        return
    train(student, corpus, options)
    report(student, corpus, options.steps)
    options.out.mkdir(parents=True, exist_ok=True)
    half = student.rows.detach().numpy().astype(np.float16)
    save_file({"embedding.weight": half}, options.out / "model.safetensors")


def train(student: Student, corpus: Corpus, options: argparse.Namespace) -> None:
    size = float(student.rows.detach().pow(2).mean().sqrt())
    of_rows = torch.optim.SparseAdam([student.rows], lr=options.rate * size)
    of_map = torch.optim.Adam([student.to_teacher], lr=1e-3)
    began = time.perf_counter()
    for step in range(options.steps):
        share = min(1.0, (step + 1) / WARM_UP) * max(LAST_RATE, 1 - step / options.steps)
        of_rows.param_groups[0]["lr"] = options.rate * size * share
        of_map.param_groups[0]["lr"] = 1e-3 * share
        lessons = {
            **parallel_lessons(student, corpus, options.teacher_weight, one_language=step % 2 == 0),
            "section": section_lesson(student, corpus, across=step % 2 == 1, siblings=step % 4 == 0),
        }
        of_rows.zero_grad()
        of_map.zero_grad()
        sum(lessons.values()).backward()
        of_rows.step()
        of_map.step()
        if step % 50 == 49:
            losses = {name: round(float(loss), 3) for name, loss in lessons.items()}
            print(step + 1, f"{time.perf_counter() - began:.0f} s", losses, flush=True)


def parallel_lessons(
    student: Student, corpus: Corpus, weight: float, *, one_language: bool
) -> dict[str, Tensor]:
    """A text beside its English, both where the teacher puts the English, and more English there too."""
    chosen = corpus.choose_pairs(PAIRS, one_language=one_language)
    numbers = corpus.english_of_pair[chosen]
    texts, english = student(corpus.pairs, chosen), student(corpus.english, numbers)
    lessons = {"parallel": contrast(texts, english, numbers)}
    known = np.flatnonzero(corpus.is_taught[numbers])
    if len(known) > 1:
        lessons["taught"] = weight / 2 * imitation(student, corpus, texts[known], numbers[known])
    more = corpus.choose_taught(PAIRS)
    lessons["english"] = weight / 2 * imitation(student, corpus, student(corpus.english, more), more)
    return lessons


def imitation(student: Student, corpus: Corpus, vectors: Tensor, numbers: np.ndarray) -> Tensor:
    target, ours = corpus.taught_vectors(numbers), student.as_teacher(vectors)
    return contrast(ours, target, numbers) + (1 - (ours * target).sum(1)).mean()


def section_lesson(student: Student, corpus: Corpus, *, across: bool, siblings: bool) -> Tensor:
    if across:
        asked, answered = corpus.choose_parallel_sections(SECTIONS)
        same = corpus.parallel[asked]
    else:
        asked = answered = corpus.choose_sections(SECTIONS, siblings=siblings)
        same = keys_of(corpus.headings, asked)
    passages = corpus.passages_of(answered)
    return contrast(student(corpus.headings, asked), student(passages, np.arange(len(answered))), same)


def contrast(ours: Tensor, theirs: Tensor, same: np.ndarray) -> Tensor:
    """Row i of one belongs to row i of the other; rows of equal `same` are no negatives of each other."""
    key = torch.from_numpy(np.ascontiguousarray(same).astype(np.int64))
    twins = key[:, None] == key[None, :]
    twins.fill_diagonal_(False)
    scores = (ours @ theirs.T / TEMPERATURE).masked_fill(twins, -1e4)
    right = torch.arange(len(ours))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2


def report(student: Student, corpus: Corpus, step: int) -> None:
    with torch.no_grad():
        figures = measure(corpus, lambda texts, chosen: student(texts, chosen).numpy())
    print(f"after {step} steps:", json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
