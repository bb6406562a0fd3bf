"""A whole site for tests: the real application over a small content folder, its own index and an SQLite file."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.testclient import TestClient

from app.main import create_app
from app.search.encoder import Encoder
from app.settings import Settings
from app.web.context import Services

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)

CHARGED_TWICE = """---
title: "Charged twice? <b>Check</b> {{ 7*7 }}"
kind: troubleshooting
summary: "Tell a reserved amount from a real double charge."
tags: [double charge]
updated: 2026-10-20
revision: 3
significance: major
review_by: 2027-04-15
related: [billing/refund-timing, account-health/dissatisfaction-rate]
---
Two charges close together are usually two separate bills.

## How do I recognise a double charge?

A double charge has two payments for the same invoice number. {{ 7*7 }} & <script>alert(1)</script>

## What do I do about a double charge?

Write to [support](refund-timing.md) with the invoice number.
"""
CHARGED_TWICE_JA = """---
title: 二重に請求された場合
kind: troubleshooting
summary: 二重請求の見分け方です。
updated: 2026-08-01
translation_of: 2
---
近い日付の二つの請求は、多くの場合は別々の請求書です。

## 二重請求の見分け方

同じ請求書番号に支払いが二つあるときだけが二重請求です。
"""
CHARGED_TWICE_AR = """---
title: تم تحصيل الرسوم مرتين
kind: troubleshooting
translation_of: 3
review_by: 2026-11-01
---
رسمان متقاربان هما في الغالب فاتورتان منفصلتان.
"""
REFUND_TIMING = """---
title: "How long does a refund take?"
kind: faq
summary: "A refund takes three to ten business days."
---
A refund takes three to ten business days, depending on your bank.

See also [charged twice](charged-twice.md).
"""
DISSATISFACTION = """---
title: "What is the dissatisfaction rate?"
kind: faq
---
The dissatisfaction rate is the share of no among all answers. It should stay below 25 percent.
"""
FIRST_FILM = """---
title: "Video: your first campaign"
kind: video
video: {file: film.webm, poster: film.jpg, duration: "0:40", captions: {en: film.en.vtt, es: film.es.vtt}}
---
A short film.

## Transcript

[00:00] Welcome.

[00:12] Open Campaigns.
"""
ARTICLES = {
    "en/billing/charged-twice.md": CHARGED_TWICE,
    "ja/billing/charged-twice.md": CHARGED_TWICE_JA,
    "ar/billing/charged-twice.md": CHARGED_TWICE_AR,
    "en/billing/refund-timing.md": REFUND_TIMING,
    "en/account-health/dissatisfaction-rate.md": DISSATISFACTION,
    "en/getting-started/first-campaign-video.md": FIRST_FILM,
}
FILM = bytes(range(256)) * 64


def write_content(folder: Path) -> Path:
    """The articles and their film as a content folder."""
    for name, text in ARTICLES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "media").mkdir()
    (folder / "media" / "film.webm").write_bytes(FILM)
    (folder / "media" / "film.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    for tag in ("en", "es"):
        (folder / "media" / f"film.{tag}.vtt").write_text("WEBVTT\n", encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Site:
    """One running application and a browser without JavaScript. `content` may be edited by the test that owns it."""

    client: TestClient
    services: Services
    content: Path

    def page(self, path: str, *, status: int = 200, **headers: str) -> str:
        """The HTML that a browser gets."""
        answer = self.client.get(path, headers={"accept": "text/html", **headers})
        assert answer.status_code == status, answer.text[:500]
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return str(answer.text)

    def withdraw(self, name: str) -> None:
        """Take an article back as an editor does: in its file, without a build."""
        path = self.content / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("---\n", "---\nstatus: archived\n", 1), encoding="utf-8")


@dataclass(frozen=True)
class SiteMaker:
    """What sites are made of; each gets its own content folder and database, and shares the index."""

    content: Path
    index: Path
    database: Path
    encoder: Encoder

    def make(self, folder: Path, **settings: object) -> Site:
        """A site in `folder`. Settings override the defaults of the tests."""
        content = Path(shutil.copytree(self.content, folder / "content"))
        shutil.copyfile(self.database, folder / "handrail.sqlite3")
        values: dict[str, object] = {
            "content_dir": content,
            "index_dir": self.index,
            "data_dir": folder,
            "secret_key": "a key for tests",
            "rate_limits": False,
            **settings,
        }
        app = create_app(Settings(**values), encoder=self.encoder, clock=lambda: NOW)  # type: ignore[arg-type]
        return Site(TestClient(app, follow_redirects=False), app.state.services, content)
