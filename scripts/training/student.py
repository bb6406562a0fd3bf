"""The static student: one row a token; a text's vector is the sum of its tokens' rows, brought to length 1."""

import torch
from corpus import Corpus, Texts
from torch import Tensor
from torch.nn import functional


class Student(torch.nn.Module):
    """`rows` (vocabulary, width). `to_teacher` maps each width's vectors to the teacher's space and is thrown away afterwards.

    The first `widths[i]` columns are a student of their own (Matryoshka, Kusupati et al. 2022).
    """

    def __init__(self, rows: Tensor, widths: tuple[int, ...], teacher_width: int) -> None:
        super().__init__()
        self.rows = torch.nn.Parameter(rows)
        self.widths = widths
        self.to_teacher = torch.nn.ParameterList([torch.zeros(width, teacher_width) for width in widths])

    def sums(self, texts: Texts, chosen: Tensor) -> Tensor:
        """Sums of rows (len(chosen), width), not normalised."""
        ids, starts = texts.bag(chosen)
        return functional.embedding_bag(ids, self.rows, starts, mode="sum")

    def fit_maps(self, corpus: Corpus) -> None:
        """The best linear maps to the teacher before the first step."""
        sample = corpus.taught[:: max(1, len(corpus.taught) // 40_000)]
        with torch.no_grad():
            sums, theirs = self.sums(corpus.english, sample), corpus.teacher[sample].float()
            for width, into in zip(self.widths, self.to_teacher, strict=True):
                ours = functional.normalize(sums[:, :width], dim=1)
                ridge = ours.T @ ours + 1e-3 * torch.eye(width, device=ours.device)
                into.copy_(torch.linalg.solve(ridge, ours.T @ theirs))

    def token_vectors(self, ids: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Unit rows (…, width) and their former lengths (…)."""
        rows = functional.embedding(ids, self.rows)[..., :width]
        norms = rows.norm(dim=-1)
        return rows / norms.clamp(min=1e-6)[..., None], norms


def matched(
    student: Student, asked: tuple[Tensor, Tensor], passages: tuple[Tensor, Tensor], width: int
) -> Tensor:
    """Late interaction (questions, passages): each question token's best cosine in the passage, weighed by its length.

    Both are padded ids with the mask of what is there (Khattab and Zaharia 2020, over static rows).
    """
    (q_ids, q_there), (p_ids, p_there) = asked, passages
    q, weights = student.token_vectors(q_ids, width)
    p, _ = student.token_vectors(p_ids, width)
    cosines = q.reshape(-1, width).to(torch.bfloat16) @ p.reshape(-1, width).to(torch.bfloat16).T
    cosines = cosines.view(*q_ids.shape, *p_ids.shape).masked_fill(~p_there, -1.0)
    best = cosines.amax(dim=3).float()  # (questions, question tokens, passages)
    share = weights * q_there
    share = share / share.sum(1, keepdim=True).clamp(min=1e-6)
    return (best * share[:, :, None]).sum(1)
