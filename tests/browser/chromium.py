"""Chromium for tests, screenshots and the film: the system's, else the one that Playwright installed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

NAMES = ("chromium", "google-chrome", "chromium-browser")
# Nothing of the browser's own leaves the machine: no look-ups, no component updates, no sync.
QUIET = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--font-render-hinting=none",
)
PATIENCE_MS = 20_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """One headless browser; every wait for a page ends after `PATIENCE_MS`."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    # Chromium refuses its sandbox to root, and there only.
    flags = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def wait_until(page: Page, condition: str) -> None:
    """Until a JavaScript expression holds. (`page.wait_for_function` evaluates strings, which our pages forbid.)"""
    page.evaluate(f"""() => new Promise((done, fail) => {{
      const look = () => ({condition}) ? done() : requestAnimationFrame(look);
      setTimeout(() => fail(new Error("never came true: " + {condition!r})), {PATIENCE_MS});
      look();
    }})""")
