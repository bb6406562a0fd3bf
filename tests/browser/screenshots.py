"""Every page as people see it, written to docs/screenshots/<page>-<language>-<width>.png: `scripts/screenshots`.

With ffmpeg on the PATH the pictures get a palette of their own, which makes them a fifth of the size.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.live import LiveSite, live_site
from tests.browser.people import WORDS, Cast, gather, new_context
from tests.browser.scenes import SCENES, Scene, go

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
WIDTHS = (360, 1280)
IN_BETWEEN = ("home", "article", "chat-answer")  # these at 768 px too
TALLEST = 1600
PALETTE = "split[a][b];[a]palettegen=max_colors=40:stats_mode=full[p];[b][p]paletteuse=dither=none"


def main(names: list[str]) -> None:
    """Take them all, or only the pages named."""
    scenes = [scene for scene in SCENES if not names or scene.name in names]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, live_site(Path(folder)) as site, chromium() as browser:
        for language in WORDS:
            cast = gather(browser, site, language)
            for scene in scenes:
                for width in sorted({*WIDTHS, *([768] if scene.name in IN_BETWEEN else [])}):
                    take(browser, site, scene, cast, width)
            sys.stderr.write(f"{language}: {len(scenes)} pages\n")


def take(browser: Browser, site: LiveSite, scene: Scene, cast: Cast, width: int) -> None:
    """One picture: the page as long as it is, at most `TALLEST` pixels."""
    context = new_context(
        browser,
        site,
        storage_state=cast.cookies[scene.role],
        viewport={"width": width, "height": 800},
        color_scheme="light",
    )
    page = context.new_page()
    go(page, scene, cast)
    # A taller window rather than one long picture: what sticks to the window's edge stays at the edge.
    page.set_viewport_size({"width": width, "height": min(TALLEST, _height(page))})
    if page.locator("video").count():
        page.wait_for_timeout(1500)  # the player turns its wheel for a second, and nothing says when it stops
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    path = FOLDER / f"{scene.name}-{cast.language}-{width}.png"
    page.screenshot(path=path, animations="disabled")
    context.close()
    _shrink(path)


def _height(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollHeight"))


def _shrink(path: Path) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return
    small = path.with_suffix(".small.png")
    command = [ffmpeg, "-loglevel", "error", "-y", "-i", path, "-vf", PALETTE, "-update", "1", small]
    subprocess.run(command, check=True, timeout=60)
    small.replace(path)


if __name__ == "__main__":
    main(sys.argv[1:])
