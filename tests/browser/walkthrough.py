"""The sample film of the help centre, made from the running product: `scripts/film`.

Writes content/media/walkthrough.webm, its poster, and captions in every language of the site.
"""

import sys
import tempfile
import tomllib
from pathlib import Path

from playwright.sync_api import Page, expect

from app.languages import TAGS
from tests.browser.chromium import chromium
from tests.browser.filming import Film, ffmpeg
from tests.browser.live import live_site
from tests.browser.people import new_context

MEDIA = Path(__file__).resolve().parents[2] / "content" / "media"
CAPTIONS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
SIZE = {"width": 1280, "height": 720}
QUESTION = "How do I recognise a double charge?"
UNANSWERABLE = "Do you have payroll software for the staff in my warehouse?"
Cues = list[tuple[str, float]]


def main() -> None:
    """Film it, then write poster and captions."""
    with tempfile.TemporaryDirectory() as folder, live_site(Path(folder)) as site, chromium() as browser:
        context = new_context(
            browser, site, viewport=SIZE, reduced_motion="no-preference", color_scheme="light"
        )
        page = context.new_page()
        page.goto("/en/chat")  # once unseen, so that nothing is slow on film
        film = Film(page, Path(folder))
        cues = play(page, film)
        length = film.save(MEDIA / "walkthrough.webm")
        context.close()
    poster = dict(cues)["answer"] + 2
    ffmpeg(
        "-ss", poster, "-i", MEDIA / "walkthrough.webm", "-frames:v", 1, "-q:v", 4, MEDIA / "walkthrough.jpg"
    )
    for tag in TAGS:
        (MEDIA / f"walkthrough.{tag}.vtt").write_text(captions(cues, length, tag), encoding="utf-8")
    sys.stderr.write(f"walkthrough.webm lasts {length:.1f} s; say so in the articles that show it\n")


def play(page: Page, film: Film) -> Cues:
    """What the film shows. Returns the scenes with the second at which each begins."""
    cues: Cues = []

    def scene(name: str) -> None:
        cues.append((name, film.now_s))

    page.goto("/en/")
    film.hold(0.3)
    scene("home")
    film.hold(3)
    scene("search")
    field = page.get_by_role("combobox")
    film.click(field)
    field.press_sequentially("charged twice", delay=90)
    expect(page.get_by_role("option").first).to_be_visible()
    film.hold(1.8)
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    scene("results")
    film.hold(3.2)
    film.click(page.locator(".hit h2 a").first)
    expect(page.locator("article.prose")).to_be_visible()
    scene("article")
    film.hold(2.2)
    film.scroll(360)
    film.hold(1.6)
    scene("question")
    ask(page, film)
    scene("answer")
    film.hold(3.4)
    film.scroll(220)
    film.point_at(page.locator("[data-kind=answer] .sources a").first)
    film.hold(1.2)
    scene("handoff")
    hand_off(page, film)
    scene("ticket")
    film.hold(2)
    film.scroll(300)
    film.hold(2.4)
    return cues


def ask(page: Page, film: Film) -> None:
    """Into the chat, and a question that articles answer."""
    film.click(page.get_by_role("navigation", name="Main").get_by_role("link", name="Ask the assistant"))
    text = page.locator("#chat-text")
    film.click(text)
    text.press_sequentially(QUESTION, delay=45)
    film.hold(0.5)
    text.press("Enter")
    expect(page.locator("[data-kind=answer] .sources")).to_be_visible()


def hand_off(page: Page, film: Film) -> None:
    """A question that no article answers, and on to the ticket's page."""
    text = page.locator("#chat-text")
    film.click(text)
    text.press_sequentially(UNANSWERABLE, delay=45)
    text.press("Enter")
    message = page.locator("[data-kind=handoff]")
    expect(message).to_be_visible()
    film.hold(3.6)
    film.click(message.get_by_role("link").first)
    expect(page.locator(".timeline")).to_be_visible()


def captions(cues: Cues, length: float, tag: str) -> str:
    """WebVTT: each scene's words stand until the next scene begins."""
    ends = [start for _, start in cues[1:]] + [length]
    blocks = [
        f"{_stamp(start)} --> {_stamp(end)}\n{CAPTIONS[name][tag]}"
        for (name, start), end in zip(cues, ends, strict=True)
    ]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def _stamp(seconds: float) -> str:
    return f"{int(seconds // 60):02}:{seconds % 60:06.3f}"


if __name__ == "__main__":
    main()
