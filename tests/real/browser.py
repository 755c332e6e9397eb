"""A browser of the system for tests of pages: Chromium, headless, with its own profile and no business elsewhere."""

import shutil
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import async_playwright

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@asynccontextmanager
async def chromium():
    """Yields a playwright browser; where the machine has none, the test is not run and says so."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is missing (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()
