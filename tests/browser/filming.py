"""Films a page: Chromium's own screencast frames with their times, put together by ffmpeg."""

import base64
import subprocess
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

FRAMES_A_SECOND = 25
# A pointer that can be seen: the browser's own is not in its picture. Follows the mouse, and stays over page loads.
POINTER = """
addEventListener("DOMContentLoaded", () => {
  const pointer = document.createElement("div");
  pointer.setAttribute("aria-hidden", "true");
  Object.assign(pointer.style, {
    position: "fixed", insetBlockStart: 0, insetInlineStart: 0, inlineSize: "22px", blockSize: "22px", zIndex: 99,
    borderRadius: "50%", background: "rgb(11 106 85 / 35%)", border: "2px solid rgb(11 106 85)", pointerEvents: "none",
  });
  const move = (x, y) => { pointer.style.transform = `translate(${x - 11}px, ${y - 11}px)`; };
  move(...(sessionStorage.getItem("pointer") ?? "640,420").split(",").map(Number));
  document.documentElement.append(pointer);
  addEventListener("mousemove", (event) => {
    sessionStorage.setItem("pointer", `${event.clientX},${event.clientY}`);
    move(event.clientX, event.clientY);
  }, true);
});
"""


class Film:
    """What `page` shows from now on, until `save`. Waiting is what a film is made of: `hold` lets the viewer read."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page, self._folder = page, folder
        self._frames: list[tuple[float, Path]] = []
        page.add_init_script(POINTER)
        self._session = page.context.new_cdp_session(page)
        self._session.on("Page.screencastFrame", self._keep)
        self._session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})

    @property
    def now_s(self) -> float:
        """The film's length so far; frames carry the machine's time, and a still picture sends none."""
        return time.time() - self._frames[0][0] if self._frames else 0.0

    def hold(self, seconds: float) -> None:
        """Leave the picture as it is, so that it can be read."""
        self._page.wait_for_timeout(seconds * 1000)

    def point_at(self, target: Locator) -> None:
        """Move the pointer to the middle of an element, at a pace that eyes can follow."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        x, y = box["x"] + min(box["width"] / 2, 220), box["y"] + box["height"] / 2
        self._page.mouse.move(x, y, steps=24)
        self.hold(0.25)

    def click(self, target: Locator) -> None:
        """Point, then press."""
        self.point_at(target)
        target.click()

    def scroll(self, pixels: int) -> None:
        """Down the page, smoothly."""
        self._page.evaluate("by => scrollBy({ top: by, behavior: 'smooth' })", pixels)
        self.hold(1.2)

    def save(self, path: Path, *, quality: int = 36) -> float:
        """Write the film as VP9; its length in seconds."""
        length = self.now_s
        self._session.send("Page.stopScreencast")
        self._frames.append((self._frames[0][0] + length, self._frames[-1][1]))
        lines = ["ffconcat version 1.0"]
        for (at, frame), (until, _) in zip(self._frames, self._frames[1:], strict=False):
            lines += [f"file '{frame}'", f"duration {until - at:.4f}"]
        lines += [f"file '{self._frames[-1][1]}'"]
        listing = self._folder / "frames.txt"
        listing.write_text("\n".join(lines), encoding="utf-8")
        ffmpeg(
            "-f", "concat", "-safe", "0", "-i", listing, "-an", "-c:v", "libvpx-vp9", "-crf", quality, "-b:v", "0",
            "-pix_fmt", "yuv420p", "-r", FRAMES_A_SECOND, "-g", "250", "-row-mt", "1", "-cpu-used", "2", path,
        )  # fmt: skip
        return length

    def _keep(self, event: dict[str, Any]) -> None:
        path = self._folder / f"{len(self._frames):05}.png"
        path.write_bytes(base64.b64decode(event["data"]))
        self._frames.append((float(event["metadata"]["timestamp"]), path))
        self._session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg, overwriting what is there."""
    command = ["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=600)
