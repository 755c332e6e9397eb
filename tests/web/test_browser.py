"""The desk as an analyst meets it: link, list, visit page, in a real Chromium against the real server."""

import pytest
from desk_visit import keep, kept

from fhir_adapter.store import decisions
from tests.real.browser import chromium
from tests.real.listening import listening

pytestmark = [pytest.mark.anyio, pytest.mark.real]


@pytest.fixture
async def number(store):
    (number,) = await store.write(lambda conn: keep(conn, kept()))
    return number


async def _opened(browser, address, desk):
    """A page that is logged in, and the faults that the browser saw on it."""
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    faults = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    page.on("request", lambda request: None if request.url.startswith(address) else faults.append(request.url))
    await page.goto(address + desk.logins.new_path())
    return page, faults


async def test_from_the_link_to_a_visit(app, desk, number, tmp_path):
    async with listening(app) as address, chromium() as browser:
        page, faults = await _opened(browser, address, desk)
        assert await page.title() == "Visits · fhir-adapter"
        await page.get_by_role("link", name="e1/2026-05-04").click()
        assert page.url == f"{address}/visits/{number}"
        drawing = page.get_by_role("img", name="Timeline of the visit")
        assert await drawing.locator(".row").count() == 5
        assert await drawing.locator(".shared").count() == 2
        row = page.get_by_role("row").filter(has_text="why 96415")
        assert "180" in await row.inner_text()
        await page.screenshot(path=tmp_path / "visit.png", full_page=True)
        assert (tmp_path / "visit.png").stat().st_size > 10_000
        assert faults == []


async def test_a_person_decides_and_takes_it_back_on_the_page(app, desk, store, number):
    async with listening(app) as address, chromium() as browser:
        page, faults = await _opened(browser, address, desk)
        await page.goto(f"{address}/visits/{number}")
        await page.get_by_text("Say a stop time", exact=True).first.click()
        form = page.get_by_role("form", name="Say a stop time")
        await form.get_by_label("Administration").select_option("a3")
        await form.get_by_label("Stopped at").fill("2026-05-04T13:45")
        await form.get_by_label("Your name").fill("Ada Reviewer")
        await form.get_by_label("Reason and evidence").fill("pump log, page 3")
        await form.get_by_role("button").click()
        await page.get_by_text("stop-time of a3: 2026-05-04T13:45:00-05:00").wait_for()
        assert await page.get_by_role("status").count() == 1
        await page.get_by_text("Take decision 1 back", exact=True).click()
        undo = page.get_by_role("form", name="Take decision 1 back")
        await undo.get_by_label("Your name").fill("Ada Reviewer")
        await undo.get_by_label("Reason and evidence").fill("the nurse charted it")
        await undo.get_by_role("button").click()
        await page.get_by_text("taken back by Ada Reviewer").wait_for()
        assert await store.read(lambda conn: decisions.of_patient(conn, "main", "Patient/p1")) == ()
        assert [fault for fault in faults if "mark.svg" not in fault] == []  # a new page lets go of the old one's mark


async def test_an_overlap_is_where_the_times_say(app, desk, number):
    async with listening(app) as address, chromium() as browser:
        page, _ = await _opened(browser, address, desk)
        await page.goto(f"{address}/visits/{number}")
        bars = [await bar.bounding_box() for bar in await page.locator(".timeline .bar").all()]
        shared = [await one.bounding_box() for one in await page.locator(".timeline .shared").all()]
        rituximab, ondansetron = bars[0], bars[1]
        assert shared[0]["x"] == pytest.approx(ondansetron["x"], abs=1.5)
        assert shared[0]["x"] + shared[0]["width"] == pytest.approx(rituximab["x"] + rituximab["width"], abs=1.5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_stands_out_from_its_ground(app, desk, number, scheme):
    async with listening(app) as address, chromium() as browser:
        page, _ = await _opened(browser, address, desk)
        await page.emulate_media(color_scheme=scheme)
        await page.goto(f"{address}/visits/{number}")
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        weakest = await page.evaluate(CONTRAST)
        assert weakest["ratio"] >= 4.5, weakest


async def test_a_narrow_window_scrolls_the_tables_not_the_page(app, desk, number):
    async with listening(app) as address, chromium() as browser:
        page, _ = await _opened(browser, address, desk)
        await page.set_viewport_size({"width": 390, "height": 800})
        await page.goto(f"{address}/visits/{number}")
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


CONTRAST = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const color = parts(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
  };
  let weakest = {ratio: 99};
  for (const node of document.querySelectorAll("body *")) {
    const words = [...node.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim());
    if (!words.length || node.closest("title, desc, .skip")) continue;
    const style = getComputedStyle(node);
    const ink = node.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(parts(ink)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < weakest.ratio) weakest = {ratio, text: node.textContent.trim().slice(0, 40), ink};
  }
  return weakest;
}"""
