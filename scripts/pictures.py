"""Makes the README's pictures from the running product: the demo's terminal as SVG, its page as PNG.

    .venv/bin/python scripts/pictures.py

Runs `fhir-adapter demo` on a terminal of its own, waits for the address of the page, takes the picture of it with the
system's Chromium, and ends the demo. The terminal shows the first visit, the page the second:
drugs beside each other, and a pump that goes home.
"""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COLUMNS, PATIENCE = 132, 180
LINK = re.compile(r"http://127\.0\.0\.1:\d+/login\?\S+")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FRAME = """\
<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect fill="#16211f" width="{terminal_width}" height="{terminal_height}" rx="8"/>
<g transform="translate(9, 9)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main():
    IMAGES.mkdir(exist_ok=True)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (60, COLUMNS))
    command = [sys.executable, "-m", "fhir_adapter", "demo"]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    demo = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    try:
        said = _said(ours)
        _page(LINK.findall(ESCAPES.sub("", said))[-1])
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=30)
    _terminal(said)


def _said(terminal):
    """Everything up to the address of the page."""
    said, latest = b"", time.monotonic() + PATIENCE
    while not LINK.search(ESCAPES.sub("", said.decode("utf-8", "replace"))) and time.monotonic() < latest:
        said += os.read(terminal, 65536)
    time.sleep(0.5)
    return said.decode()


def _page(link):
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        page = browser.new_page(viewport={"width": 1240, "height": 1500}, color_scheme="light")
        page.goto(link)
        page.goto(link.partition("/login")[0])
        page.get_by_role("rowheader").nth(1).get_by_role("link").click()
        page.screenshot(path=IMAGES / "visit.png")
        browser.close()


def _terminal(said):
    """The lines of the first visit."""
    visit = said.replace("\r\n", "\n").split("FOLFOX")[0].rsplit("\n", 1)[0]
    console = Console(width=COLUMNS, record=True, file=Path(os.devnull).open("w"))  # noqa: SIM115 - ends with the process
    console.print(Text.from_ansi("$ make demo\n" + visit))
    console.save_svg(str(IMAGES / "demo.svg"), code_format=FRAME, title="make demo")


main()
