"""Trains the transformer student: `transformer.py WORK TOKENS --teacher FOLDER --static FOLDER --seconds 500 --out NEW`. Needs a GPU.

The teacher's own body (six layers, 384 wide) gets the multilingual vocabulary of the static student and learns to put every
text where the teacher puts its English (Reimers and Gurevych 2020): in-batch softmax against the teacher's vectors plus
cosine, and headings beside their sections, in one language among sections of the same document and across languages. A new
token starts as the mean of the teacher's tokens that the static student finds most alike (the idea of FOCUS, Dobler and
de Melo 2023). A batch holds texts of one length only, so that nothing is padded. Checkpoints are written on the way.
`export_onnx.py` makes of it what ships.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from corpus import SITE, Corpus, Texts, keys_of
from held_out import measure
from lessons import contrast
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from train import rate_share

HEADS = 12
ALIKE, SHARPNESS = 8, 0.06
TOKENS_A_BATCH, TEXTS_A_BATCH = 65_536, 8192
# Tokens in training: of a taught text, of a section's heading, of its body.
LONGEST, LONGEST_HEADING, LONGEST_BODY = 192, 32, 128
MEASURED, MEASURED_HEADING = 192, 48  # tokens, when a held-out document is read
SECTIONS, SECTION_EVERY = 1024, 3
RUN = 8  # sections of one document that stand in a batch together
BODY_RATE, VOCABULARY_RATE = 4e-4, 2e-3
SAVED_EVERY = 0.25  # of the time
LARGEST_FILE = 12_000_000  # bytes of a checkpoint's part


def main() -> None:
    options = arguments()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    corpus = Corpus(options.work, options.tokens, options.device)
    student = Transformer.of_teacher(options).to(options.device)
    if options.device != "cpu":
        for layer in student.layers:
            layer.compile(dynamic=True)
    train(student, corpus, options)
    save(student, options.out)
    report(student, corpus, options)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("tokens", type=Path)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of the teacher")
    parser.add_argument("--static", type=Path, required=True, help="folder of a static student as it ships")
    parser.add_argument("--seconds", type=float, default=500)
    parser.add_argument("--sections", type=int, default=SECTIONS, help="in a batch of headings and sections")
    parser.add_argument("--out", type=Path, default=Path("transformer"))
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


class Layer(torch.nn.Module):
    """One of BERT's layers: attention and two linear maps, each added to what was there and normalised."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.attended = torch.nn.Linear(width, 3 * width)
        self.mixed = torch.nn.Linear(width, width)
        self.mixed_norm = torch.nn.LayerNorm(width, eps=1e-12)
        self.up = torch.nn.Linear(width, inner)
        self.down = torch.nn.Linear(inner, width)
        self.norm = torch.nn.LayerNorm(width, eps=1e-12)

    def forward(self, x: Tensor, there: Tensor | None) -> Tensor:
        texts, tokens, width = x.shape
        q, k, v = self.attended(x).view(texts, tokens, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        mask = None if there is None else there[:, None, None, :].expand(-1, -1, tokens, -1)
        read = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.mixed_norm(x + self.mixed(read.transpose(1, 2).reshape(texts, tokens, width)))
        return self.norm(x + self.down(functional.gelu(self.up(x))))


class Transformer(torch.nn.Module):
    """Mean of the last layer over the tokens, brought to length 1; no special tokens."""

    def __init__(self, vocabulary: int, width: int, positions: int, inner: int, layers: int) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(vocabulary, width)
        self.positions = torch.nn.Parameter(torch.zeros(positions, width))
        self.norm = torch.nn.LayerNorm(width, eps=1e-12)
        self.layers = torch.nn.ModuleList(Layer(width, inner) for _ in range(layers))

    @classmethod
    def of_teacher(cls, options: argparse.Namespace) -> "Transformer":
        """The teacher's body under new words."""
        facts = json.loads((options.teacher / "config.json").read_text(encoding="utf-8"))
        theirs = {
            name.removeprefix("bert."): value.float()
            for name, value in load_file(options.teacher / "model.safetensors").items()
        }
        words = first_words(theirs["embeddings.word_embeddings.weight"], options)
        inner, layers = facts["intermediate_size"], facts["num_hidden_layers"]
        made = cls(len(words), words.shape[1], facts["max_position_embeddings"], inner, layers)
        state = {
            "words.weight": words,
            "positions": theirs["embeddings.position_embeddings.weight"]
            + theirs["embeddings.token_type_embeddings.weight"][0],
        }
        for kind in ("weight", "bias"):
            state[f"norm.{kind}"] = theirs[f"embeddings.LayerNorm.{kind}"]
            for at in range(layers):
                old, new = f"encoder.layer.{at}", f"layers.{at}"
                parts = [theirs[f"{old}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
                state[f"{new}.attended.{kind}"] = torch.cat(parts)
                state[f"{new}.mixed.{kind}"] = theirs[f"{old}.attention.output.dense.{kind}"]
                state[f"{new}.mixed_norm.{kind}"] = theirs[f"{old}.attention.output.LayerNorm.{kind}"]
                state[f"{new}.up.{kind}"] = theirs[f"{old}.intermediate.dense.{kind}"]
                state[f"{new}.down.{kind}"] = theirs[f"{old}.output.dense.{kind}"]
                state[f"{new}.norm.{kind}"] = theirs[f"{old}.output.LayerNorm.{kind}"]
        made.load_state_dict(state)
        return made

    def forward(self, ids: Tensor, there: Tensor | None) -> Tensor:
        """Unit rows (texts, width) of padded tokens (texts, tokens); `there` None when nothing is padded."""
        x = self.norm(self.words(ids) + self.positions[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, there)
        x = x.float()
        pooled = x.mean(1) if there is None else (x * there[..., None]).sum(1)
        return functional.normalize(pooled, dim=1)


def first_words(theirs: Tensor, options: argparse.Namespace) -> Tensor:
    """A row for each of our tokens: the teacher's own where it has the token, else a mean of those most alike."""
    words = Tokenizer.from_file(str(options.teacher / "tokenizer.json")).get_vocab()
    ours = Tokenizer.from_file(str(options.static / "tokenizer.json"))
    stored = load_file(options.static / "model.safetensors")
    rows = stored["embedding.weight"].float() * stored["embedding.scale"][:, None]
    known = {word: at for word, at in words.items() if word.isalnum() and not word.startswith("[")}
    encoded = ours.encode_batch_fast(list(known), add_special_tokens=False)
    rows, theirs = rows.to(options.device), theirs.to(options.device)
    ids, starts = Texts.of([one.ids for one in encoded], options.device).bag(
        torch.arange(len(encoded), device=options.device)
    )
    vectors = functional.normalize(functional.embedding_bag(ids, rows, starts, mode="sum"), dim=1)
    at = torch.tensor(list(known.values()), device=options.device)
    result = torch.empty(len(rows), theirs.shape[1], device=options.device)
    for start in range(0, len(rows), 4096):
        scores = functional.normalize(rows[start : start + 4096], dim=1) @ vectors.T
        best = scores.topk(ALIKE, dim=1)
        share = (best.values / SHARPNESS).softmax(1)
        result[start : start + 4096] = (share[..., None] * theirs[at[best.indices]]).sum(1)
    for token, number in ours.get_vocab().items():
        same = token[1:] if token.startswith("▁") else f"##{token}"
        if same in words:
            result[number] = theirs[words[same]]
    return result


@dataclass(frozen=True, slots=True)
class Taught:
    """All texts with a teacher's vector, by length: text i of length `n` is `ids[starts[n][i]:starts[n][i] + n]`."""

    ids: Tensor
    starts: dict[int, Tensor]
    targets: dict[int, Tensor]
    lengths: list[int]
    shares: Tensor

    @classmethod
    def of(cls, corpus: Corpus) -> "Taught":
        """English texts, their parallels, and the parallels of English headings and bodies; site languages twice."""
        tables = (corpus.english, corpus.pairs, corpus.headings, corpus.bodies)
        site = torch.tensor([name in SITE for name in corpus.names], device=corpus.device)
        every = torch.arange(len(corpus.pair_english), device=corpus.device)
        parts = [(0, corpus.taught, corpus.taught)]
        parts += [(1, some, corpus.pair_english[some]) for some in (every, every[site[corpus.pair_language]])]
        learned = ~corpus.held_out & (corpus.language != corpus.names.index("en"))
        for table, numbers in ((2, corpus.english_heading), (3, corpus.english_body)):
            some = torch.nonzero(learned & (numbers >= 0))[:, 0]
            parts.append((table, some, numbers[some]))
        sizes = torch.tensor([0, *(len(table.ids) for table in tables)]).cumsum(0).tolist()
        start = torch.cat([tables[which].offsets[some] + sizes[which] for which, some, _ in parts])
        length = torch.cat([tables[which].lengths[some] for which, some, _ in parts]).clamp(max=LONGEST)
        # A long text loses up to seven of its tokens, so that there are few lengths.
        length = torch.where(length > 64, length // 8 * 8, torch.where(length > 32, length // 2 * 2, length))
        target = torch.cat([numbers for *_, numbers in parts])
        kept = corpus.is_taught[target] & (length > 0)
        start, length, target = start[kept], length[kept], target[kept]
        lengths = torch.unique(length).tolist()
        chosen = {one: torch.nonzero(length == one)[:, 0] for one in lengths}
        return cls(
            torch.cat([table.ids for table in tables]),
            {one: start[some] for one, some in chosen.items()},
            {one: target[some] for one, some in chosen.items()},
            lengths,
            # A batch holds as many tokens whatever its length, so this reads each text as often as any other.
            torch.tensor([float(one * len(some)) for one, some in chosen.items()]),
        )

    def batch(self) -> tuple[Tensor, Tensor]:
        """Texts of one length: their tokens, and the numbers of the teacher's vectors."""
        length = self.lengths[int(torch.multinomial(self.shares, 1))]
        starts = self.starts[length]
        count = min(TEXTS_A_BATCH, TOKENS_A_BATCH // length)
        chosen = torch.randint(len(starts), (count,), device=starts.device)
        places = starts[chosen][:, None] + torch.arange(length, device=starts.device)
        return self.ids[places].long(), self.targets[length][chosen]


class Sections:
    """Headings and sections, drawn so that some of a batch's sections are of one document."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        english = corpus.groups[corpus.language[corpus.groups] == corpus.names.index("en")]
        of_parallel = torch.full((int(corpus.parallel.max()) + 1,), -1, device=corpus.device)
        of_parallel[corpus.parallel[english]] = english
        others = corpus.groups[corpus.language[corpus.groups] != corpus.names.index("en")]
        self.foreign = others[of_parallel[corpus.parallel[others]] >= 0]
        self.english = of_parallel

    def draw(self, count: int, turn: int) -> tuple[Tensor, Tensor, Tensor]:
        """Sections that ask and that answer; equal third numbers answer each other."""
        corpus = self.corpus
        if turn % 4 == 1:
            asked = self.foreign[torch.randint(len(self.foreign), (count,), device=corpus.device)]
            return asked, self.english[corpus.parallel[asked]], corpus.parallel[asked]
        if turn % 4 == 3:
            asked, answered = corpus.parallel_sections(count)
            return asked, answered, corpus.parallel[asked]
        pool = corpus.section_draw.all_of_one()
        run = RUN if turn % 8 else 1
        seeds = torch.randint(len(pool), (count // run, 1), device=corpus.device)
        places = (seeds + torch.arange(run, device=corpus.device)).flatten() % len(pool)
        asked = pool[torch.unique(places)]
        return asked, asked, keys_of(corpus.headings, asked)


def train(student: Transformer, corpus: Corpus, options: argparse.Namespace) -> None:
    taught, sections = Taught.of(corpus), Sections(corpus)
    print(f"{sum(len(one) for one in taught.starts.values())} taught texts", flush=True)
    words = student.words.weight
    rest = [one for one in student.parameters() if one is not words]
    groups = [{"params": rest}, {"params": [words]}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=options.device != "cpu", betas=(0.9, 0.98))
    began, told, saved, step = time.perf_counter(), 0.0, 0.0, 0
    while (done := (time.perf_counter() - began) / options.seconds) < 1:
        for group, rate in zip(optimiser.param_groups, (BODY_RATE, VOCABULARY_RATE), strict=True):
            group["lr"] = rate * rate_share(done)
        with torch.autocast(options.device, dtype=torch.bfloat16):
            loss = imitation(student, corpus, *taught.batch())
            if step % SECTION_EVERY == 0:
                drawn = sections.draw(options.sections, step // SECTION_EVERY)
                loss = loss + section_lesson(student, corpus, *drawn, step)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        step += 1
        if done - told > 0.05 or step == 20:
            told = done
            seconds = time.perf_counter() - began
            print(f"step {step}, {seconds:.0f} s, loss {float(loss.detach()):.3f}", flush=True)
        if done - saved > SAVED_EVERY:
            saved = done
            save(student, options.out)
    print(f"{step} steps", flush=True)


def imitation(student: Transformer, corpus: Corpus, ids: Tensor, numbers: Tensor) -> Tensor:
    ours, target = student(ids, None), corpus.teacher[numbers].float()
    with torch.autocast(corpus.device, enabled=False):
        return contrast(ours, target, numbers) + 2 * (1 - (ours * target).sum(1)).mean()


def section_lesson(
    student: Transformer, corpus: Corpus, asked: Tensor, answered: Tensor, same: Tensor, step: int
) -> Tensor:
    """Headings beside their sections, every second time under their titles."""
    passages = corpus.passages if step // SECTION_EVERY // 4 % 2 else corpus.bodies
    questions = student(*corpus.headings.padded(asked, LONGEST_HEADING))
    answers = student(*passages.padded(answered, LONGEST_BODY))
    with torch.autocast(corpus.device, enabled=False):
        return contrast(questions, answers, same)


@torch.no_grad()
def report(student: Transformer, corpus: Corpus, options: argparse.Namespace) -> None:
    place = torch.full((len(corpus.language),), -1, device=corpus.device)
    place[corpus.tested] = torch.arange(len(corpus.tested), device=corpus.device)

    def vectors(texts: Texts, longest: int) -> Tensor:
        with torch.autocast(options.device, dtype=torch.bfloat16):
            return torch.cat([student(*texts.padded(part, longest)) for part in corpus.tested.split(512)])

    headings, bodies = vectors(corpus.headings, MEASURED_HEADING), vectors(corpus.bodies, MEASURED)
    figures = measure(corpus, lambda a, b: headings[place[a]] @ bodies[place[b]].T)
    line = json.dumps({"options": {key: str(value) for key, value in vars(options).items()}, **figures})
    print(line, flush=True)
    (options.out / "figures.jsonl").write_text(line + "\n", encoding="utf-8")


def save(student: Transformer, out: Path) -> None:
    """The body in half precision, and the words as int8 with one scale a row, in files of some 12 MB."""
    out.mkdir(parents=True, exist_ok=True)
    state = {
        name.replace("_orig_mod.", ""): value.detach().half().cpu().contiguous()
        for name, value in student.state_dict().items()
    }
    words = state.pop("words.weight").float()
    scale = words.abs().amax(1).clamp(min=1e-8) / 127
    packed = (words / scale[:, None]).round().to(torch.int8)
    state["words.scale"] = scale
    parts = -(-packed.numel() // LARGEST_FILE)
    for at, rows in enumerate(packed.chunk(parts)):
        save_file({"words.weight": rows.contiguous()}, str(out / f"words-{at}.safetensors"))
    names = list(state)
    half = len(names) // 2
    for at, some in enumerate((names[:half], names[half:])):
        save_file({name: state[name] for name in some}, str(out / f"body-{at}.safetensors"))


if __name__ == "__main__":
    main()
