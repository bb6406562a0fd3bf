"""Trains the static student: `train.py WORK TOKENS --seconds 600 --out NEW`.

Lessons (`lessons.py`): a text beside its English parallel; English, and what is parallel to it, where the teacher puts it;
a heading beside its section, within and across languages, among mined hard negatives; and the last two once more by late
interaction. Several widths are trained at once, each the first columns of the next. The rate follows the clock.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from corpus import Corpus
from held_out import measure
from lessons import matching_lesson, mined_neighbours, parallel_lesson, section_lesson
from safetensors.torch import load_file, save_file
from student import Student, matched
from torch import Tensor
from torch.nn import functional

WARM_UP, LAST_RATE = 0.03, 0.01  # share of the time; share of the highest rate
MINE_EVERY = 0.1  # of the time; the first time after so much of it
MEASURED_AT_ONCE = 24  # questions, so that late interaction fits the memory


def main() -> None:
    options = arguments()
    torch.manual_seed(options.seed)
    corpus = Corpus(options.work, options.tokens, options.device)
    start = (
        load_file(options.start / "model.safetensors")["embedding.weight"].float() if options.start else None
    )
    student = Student(first_rows(start, options), tuple(options.widths), corpus.teacher.shape[1]).to(
        options.device
    )
    student.fit_maps(corpus)
    report(student, corpus, options, 0)
    if options.seconds:
        steps = train(student, corpus, options)
        report(student, corpus, options, steps)
        options.out.mkdir(parents=True, exist_ok=True)
        rows = student.rows.detach().to("cpu", torch.float16).contiguous()
        save_file({"embedding.weight": rows}, str(options.out / "model.safetensors"))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("tokens", type=Path)
    parser.add_argument("--out", type=Path, default=Path("student"))
    parser.add_argument("--start", type=Path, help="folder of weights to start from; else rows of chance")
    parser.add_argument("--vocabulary", type=int, default=64_000, help="without --start")
    parser.add_argument("--widths", type=int, nargs="+", default=[256])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=0.03, help="highest learning rate, in mean row entries")
    parser.add_argument("--taught", type=float, default=1.0, help="weight of the teacher's lessons")
    parser.add_argument("--sections", type=float, default=1.0, help="weight of headings and sections")
    parser.add_argument("--matching", type=float, default=0.5, help="weight of late interaction")
    parser.add_argument("--no-mining", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def first_rows(start: Tensor | None, options: argparse.Namespace) -> Tensor:
    """The start rows, and columns of chance where more are wanted."""
    width = max(options.widths)
    size = options.vocabulary if start is None else len(start)
    spread = 1.0 if start is None else 0.3 * float(start.pow(2).mean().sqrt())
    rows = spread * torch.randn(size, width)
    if start is not None:
        kept = min(width, start.shape[1])
        rows[:, :kept] = start[:, :kept]
    return rows


def train(student: Student, corpus: Corpus, options: argparse.Namespace) -> int:
    size = float(student.rows.detach().pow(2).mean().sqrt())
    groups = [
        {"params": [student.rows], "lr": options.rate * size},
        {"params": list(student.to_teacher), "lr": 1e-3},
    ]
    optimiser = torch.optim.Adam(groups, fused=options.device != "cpu", betas=(0.9, 0.99))
    highest = [group["lr"] for group in groups]
    neighbours, mined, step, began, told = None, 0.0, 0, time.perf_counter(), 0.0
    while (done := (time.perf_counter() - began) / options.seconds) < 1:
        share = rate_share(done)
        for group, rate in zip(optimiser.param_groups, highest, strict=True):
            group["lr"] = rate * share
        if done - mined > MINE_EVERY and not options.no_mining:
            neighbours, mined = mined_neighbours(student, corpus), done
        lessons = {"parallel": parallel_lesson(student, corpus, options.taught, step)}
        if options.sections:
            lessons["section"] = options.sections * section_lesson(student, corpus, neighbours, step)
        if options.matching:
            lessons["matching"] = options.matching * matching_lesson(student, corpus, neighbours, step)
        optimiser.zero_grad()
        sum(lessons.values()).backward()
        optimiser.step()
        step += 1
        if done - told > 0.1:
            told = done
            losses = {name: round(float(loss), 3) for name, loss in lessons.items()}
            print(f"step {step}, {time.perf_counter() - began:.0f} s", losses, flush=True)
    return step


def rate_share(done: float) -> float:
    """Linear warm-up, then half a cosine."""
    falling = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2
    return min(1.0, (done + 1e-3) / WARM_UP) * falling


@torch.no_grad()
def report(student: Student, corpus: Corpus, options: argparse.Namespace, step: int) -> None:
    figures: dict[str, object] = {"steps": step}
    for width in student.widths:

        def cosines(asked: Tensor, answered: Tensor, width: int = width) -> Tensor:
            ours, theirs = student.sums(corpus.headings, asked), student.sums(corpus.bodies, answered)
            return (
                functional.normalize(ours[:, :width], dim=1)
                @ functional.normalize(theirs[:, :width], dim=1).T
            )

        def late(asked: Tensor, answered: Tensor, width: int = width) -> Tensor:
            passages = corpus.bodies.padded(answered, 192)
            parts = asked.split(MEASURED_AT_ONCE)
            return torch.cat(
                [matched(student, corpus.headings.padded(one, 24), passages, width) for one in parts]
            )

        figures[f"{width}"] = measure(corpus, cosines)
        if options.device != "cpu":
            figures[f"{width} late"] = measure(corpus, late)
            both = measure(corpus, lambda a, b: cosines(a, b) + late(a, b))  # used at once
            figures[f"{width} both"] = both
    line = json.dumps({"options": {k: str(v) for k, v in vars(options).items()}, **figures})
    print(line, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "figures.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main()
