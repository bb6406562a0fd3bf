"""Fits the shipped weights and confidence curves anew, for both bundled encoders, on the sample articles and gold questions.

    .venv/bin/python scripts/training/ship_calibrations.py      # one minute for `bundled`, four and a half for `bundled-large`

Run it after a change of the articles, the tuning questions, the signals or the fit: a test compares what they were fitted on.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.search.calibration import DEFAULT_FILES  # noqa: E402
from app.search.encoder import open_encoder  # noqa: E402
from app.search.fitting import calibrate, fitted_on  # noqa: E402
from app.search.gold import read_questions  # noqa: E402
from app.search.indexer import build  # noqa: E402
from app.search.snapshot import open_snapshot  # noqa: E402
from app.settings import read_settings  # noqa: E402

ENCODERS = dict(zip(("bundled", "bundled-large"), DEFAULT_FILES, strict=True))
SHIPPED = ("curves", "encoder", "format", "fusion")


def main() -> None:
    """Writes the files of the chosen encoders."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "encoders", nargs="*", metavar="ENCODER", help=f"{' or '.join(ENCODERS)}; both if not said"
    )
    chosen = parser.parse_args().encoders or list(ENCODERS)
    if unknown := set(chosen) - set(ENCODERS):
        parser.error(f"no calibration is shipped for {', '.join(sorted(unknown))}")
    for name in chosen:
        ship(name, ENCODERS[name])


def ship(name: str, file: Path) -> None:
    """Builds the sample articles with one encoder and writes what was fitted on them."""
    settings, now = read_settings(), datetime.now(UTC)
    questions = read_questions(settings.questions_dir, "tuning")
    encoder = open_encoder(name)
    with TemporaryDirectory() as folder:
        build(settings.content_dir, Path(folder), encoder, now=now)
        snapshot = open_snapshot(Path(folder), encoder)
        fitted = calibrate(snapshot, encoder, questions, now.date())
        shipped = {key: fitted[key] for key in SHIPPED}
        shipped["fitted_on"] = fitted_on(snapshot.manifest.content_digest, questions)
    file.write_text(json.dumps(shipped, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{file.name}: fitted with {name} on {len(questions)} questions")


if __name__ == "__main__":
    main()
