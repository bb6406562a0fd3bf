"""What the student is taught in one step: losses over batches drawn from the corpus."""

import torch
from corpus import Corpus, Texts, keys_of
from student import Student, matched
from torch import Tensor
from torch.nn import functional

TEMPERATURE = 0.05
PAIRS, SECTIONS, MATCHED = 4096, 2048, 192
NEIGHBOURS = 7  # hard negatives mined for each of the sections that a batch starts from
MATCHED_QUESTION, MATCHED_PASSAGE = 24, 128  # tokens


def contrast(ours: Tensor, theirs: Tensor, same: Tensor, scale: float = TEMPERATURE) -> Tensor:
    """Symmetric in-batch softmax over cosines of unit rows; rows of equal `same` are no negatives of each other."""
    return softmaxed(ours @ theirs.T / scale, same)


def softmaxed(scores: Tensor, same: Tensor) -> Tensor:
    """Row i belongs to column i."""
    twins = same[:, None] == same[None, :]
    twins.fill_diagonal_(False)
    scores = scores.masked_fill(twins, -1e4)
    right = torch.arange(len(scores), device=scores.device)
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2


def parallel_lesson(student: Student, corpus: Corpus, taught_weight: float, step: int) -> Tensor:
    """A text beside its English; both, and more English, where the teacher puts the English."""
    draw = corpus.pair_draw.one_language if step % 2 else corpus.pair_draw.mixed
    chosen = draw(PAIRS)
    numbers = corpus.pair_english[chosen]
    more = corpus.some_taught(PAIRS)
    texts, english, extra = (
        student.sums(corpus.pairs, chosen), student.sums(corpus.english, numbers), student.sums(corpus.english, more)
    )  # fmt: skip
    loss = torch.zeros((), device=numbers.device)
    target, target_more = corpus.teacher[numbers].float(), corpus.teacher[more].float()
    for width, into in zip(student.widths, student.to_teacher, strict=True):
        a, b, c = (functional.normalize(sums[:, :width], dim=1) for sums in (texts, english, extra))
        loss = loss + contrast(a, b, numbers)
        loss = loss + taught_weight / 2 * imitation(a @ into, target, numbers)
        loss = loss + taught_weight / 2 * imitation(c @ into, target_more, more)
    return loss / len(student.widths)


def imitation(ours: Tensor, target: Tensor, numbers: Tensor) -> Tensor:
    ours = functional.normalize(ours, dim=1)
    return contrast(ours, target, numbers) + (1 - (ours * target).sum(1)).mean()


def section_lesson(student: Student, corpus: Corpus, neighbours: Tensor | None, step: int) -> Tensor:
    """A heading beside its section: across languages, or in one language among sections that are hard to tell apart."""
    if step % 2:
        asked, answered = corpus.parallel_sections(SECTIONS)
        same = corpus.parallel[asked]
    else:
        asked = answered = hard_batch(corpus, neighbours, SECTIONS)
        same = keys_of(corpus.headings, asked)
    body_only = torch.rand((), device=asked.device) < 0.5
    passages = corpus.bodies if body_only else corpus.passages
    questions, sums = student.sums(corpus.headings, asked), student.sums(passages, answered)
    loss = torch.zeros((), device=asked.device)
    for width in student.widths:
        ours, theirs = (functional.normalize(one[:, :width], dim=1) for one in (questions, sums))
        loss = loss + contrast(ours, theirs, same)
    return loss / len(student.widths)


def hard_batch(corpus: Corpus, neighbours: Tensor | None, count: int) -> Tensor:
    """Distinct sections of one language: random ones, or some with those that the student confuses them with."""
    pool = corpus.section_draw.all_of_one()
    if neighbours is None:
        return pool[torch.randperm(len(pool), device=pool.device)[:count]]
    seeds = pool[torch.randint(len(pool), (count // (NEIGHBOURS + 1),), device=pool.device)]
    return torch.unique(torch.cat([seeds, neighbours[seeds].flatten()]))


def matching_lesson(student: Student, corpus: Corpus, neighbours: Tensor | None, step: int) -> Tensor:
    """The same by late interaction: sections across languages or hard ones in one, and every third time parallel sentences."""
    width = student.widths[step % len(student.widths)]
    if step % 3 == 0:
        chosen = corpus.pair_draw.mixed(2 * MATCHED)
        numbers = corpus.pair_english[chosen]
        asked, passages = (corpus.pairs, chosen), (corpus.english, numbers)
        asked, passages = (asked, passages) if step % 2 else (passages, asked)
        same, longest = numbers, MATCHED_QUESTION
    else:
        if step % 3 == 1:
            numbers, answered = corpus.parallel_sections(MATCHED)
            same = corpus.parallel[numbers]
        else:
            numbers = answered = hard_batch(corpus, neighbours, MATCHED)
            same = keys_of(corpus.headings, numbers)
        asked, passages, longest = (corpus.headings, numbers), (corpus.bodies, answered), MATCHED_PASSAGE
    scores = matched(student, _padded(asked, MATCHED_QUESTION), _padded(passages, longest), width)
    return softmaxed(scores / TEMPERATURE, same)


def _padded(part: tuple[Texts, Tensor], longest: int) -> tuple[Tensor, Tensor]:
    texts, chosen = part
    return texts.padded(chosen, longest)


@torch.no_grad()
def mined_neighbours(student: Student, corpus: Corpus) -> Tensor:
    """For every section the sections of its language whose passages lie nearest to its heading, (sections, NEIGHBOURS)."""
    found = torch.arange(len(corpus.language), device=corpus.device)[:, None].repeat(1, NEIGHBOURS)
    for language in range(len(corpus.names)):
        start, count = int(corpus.section_draw.starts[language]), int(corpus.section_draw.counts[language])
        if count <= NEIGHBOURS + 1:
            continue
        mine = corpus.section_draw.numbers[start : start + count]
        passages = functional.normalize(student.sums(corpus.bodies, mine), dim=1)
        for part in mine.split(4096):
            scores = functional.normalize(student.sums(corpus.headings, part), dim=1) @ passages.T
            scores[part[:, None] == mine[None, :]] = -2
            found[part] = mine[scores.topk(NEIGHBOURS, dim=1).indices]
    return found
