"""What machines read: sitemap, llms.txt, robots.txt."""

from xml.etree import ElementTree

from tests.web.site import Site

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
ORIGIN = "http://127.0.0.1:8000"


def test_the_sitemap_lists_real_translations_with_their_alternates(site: Site) -> None:
    answer = site.client.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    entries = {one.findtext(f"{MAP}loc"): one for one in ElementTree.fromstring(answer.text)}
    article = entries[f"{ORIGIN}/ja/billing/charged-twice"]
    assert {link.get("hreflang") for link in article.iter(LINK)} == {"en", "ja", "ar"}
    assert entries[f"{ORIGIN}/en/billing/charged-twice"].findtext(f"{MAP}lastmod") == "2026-10-20"
    assert f"{ORIGIN}/de/billing/charged-twice" not in entries  # a fallback is its original's page
    assert f"{ORIGIN}/de/billing/" in entries


def test_every_address_in_the_sitemap_answers(site: Site) -> None:
    tree = ElementTree.fromstring(site.client.get("/sitemap.xml").text)
    for location in tree.iter(f"{MAP}loc"):
        assert site.client.get((location.text or "").removeprefix(ORIGIN)).status_code == 200


def test_llms_txt_lists_markdown(site: Site) -> None:
    text = site.client.get("/llms.txt").text
    assert text.startswith("# Handrail help centre\n\n> ")
    assert f"- [How long does a refund take?]({ORIGIN}/en/billing/refund-timing.md): A refund takes" in text


def test_robots_keep_out_of_what_is_somebodys_own(site: Site) -> None:
    text = site.client.get("/robots.txt").text
    assert "Disallow: /tickets/" in text
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in text
