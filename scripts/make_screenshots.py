"""Pictures of every page of a run, at desktop and phone width, to be looked at.

After a run: ``python scripts/make_screenshots.py maps/tashkent [--out DIR] [--readme]``. Needs the
extra `test` and a Chromium. Pages are opened with the network off; a complaint of a page, or a
request that leaves it, is printed, and the script then ends with 1. ``--readme`` also makes
maps/example.png, the picture in the README, of the map.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SIZES = {"desktop": (1400, 900), "phone": (390, 844)}
README = Path(__file__).resolve().parent.parent / "maps" / "example.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
OWN = ("file:", "data:", "blob:")
DRAWN_MS = 2_000


def watch(tab: Page, complaints: list[str]) -> None:
    """Note what a page complains of, and what it asks for beyond itself."""
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    tab.on(
        "request",
        lambda asked: None if asked.url.startswith(OWN) else complaints.append(asked.url),
    )


def main() -> int:
    """Every page of a folder in every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where a run has put its results")
    parser.add_argument("--out", type=Path, help="where pictures go (default: the folder)")
    parser.add_argument("--readme", action="store_true", help="also make the README's picture")
    asked = parser.parse_args()
    out = asked.out or asked.folder
    out.mkdir(parents=True, exist_ok=True)
    browser_path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser_path is None:
        print(f"no browser is installed: {', '.join(BROWSERS)}", file=sys.stderr)
        return 1
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        for page in sorted(asked.folder.glob("*.html")):
            for size, (width, height) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height})
                context.set_offline(True)
                tab = context.new_page()
                watch(tab, complaints)
                tab.goto(page.resolve().as_uri())
                tab.wait_for_timeout(DRAWN_MS)
                picture = out / f"{page.stem}-{size}.png"
                tab.screenshot(path=picture)
                print(picture)
                if asked.readme and page.stem == "index" and size == "desktop":
                    shutil.copyfile(picture, README)
                context.close()
        browser.close()
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
