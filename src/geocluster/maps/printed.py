"""A page on paper: a PDF through a headless Chromium, where one is installed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from geocluster.errors import InputError
from geocluster.files import replacing

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAPERS = ("A4", "A3")
LONGEST_S = 180.0
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=2",
    "--window-size=1600,1200",
    "--virtual-time-budget=4000",
    "--no-pdf-header-footer",
)
_NODES = re.compile(rb"node\d{8}")
_DATES = re.compile(rb"/(?:CreationDate|ModDate) ?\([^)]*\)")


def find_browser() -> str:
    """The Chromium that is installed here.

    Raises
    ------
    InputError
        Where there is none; it says what to do.
    """
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    raise InputError(
        "--pdf",
        f"no browser is installed to print with ({', '.join(BROWSERS)}): install Chromium, or "
        "open index.html in any browser and print it there",
    )


def ready_to_print(paper: str) -> str:
    """The browser that prints on this paper; asked before a run's work, not after it.

    Raises
    ------
    InputError
        Where the paper is not known or no browser is installed.
    """
    if paper not in PAPERS:
        raise InputError("--paper", f"{paper!r} is not known: one of {', '.join(PAPERS)}")
    return find_browser()


def print_page(
    page: str | Path, pdf: str | Path, *, paper: str = "A4", longest_s: float = LONGEST_S
) -> Path:
    """Print a map page into a PDF: the map's sheet, then its folds.

    Only the browser started here is ended, and it may ask no host. The PDF carries no clock of the
    day on which it was printed.

    Parameters
    ----------
    page, pdf : str or Path
        An HTML file that `draw_map` wrote; the file to write.
    paper : {"A4", "A3"}
        Landscape.
    longest_s : float
        After which the browser is ended. [s]

    Raises
    ------
    InputError
        Where no browser is installed, it fails, or takes too long.
    """
    browser, pdf = ready_to_print(paper), Path(pdf)
    pdf.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="geocluster-", ignore_cleanup_errors=True) as folder:
        made = Path(folder) / "page.pdf"
        own = [f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            own.append("--no-sandbox")
        address = f"{Path(page).resolve().as_uri()}#print={paper}"
        told = _run([browser, *_FLAGS, *own, address], longest_s)
        if not made.exists() or not made.read_bytes().startswith(b"%PDF"):
            last = (told.strip().splitlines() or ["it said nothing"])[-1]
            raise InputError(str(pdf), f"{Path(browser).name} printed nothing: {last[:300]}")
        content = renumbered(without_clock(made.read_bytes()))
    with replacing(pdf) as temporary:
        temporary.write_bytes(content)
    return pdf


def without_clock(content: bytes) -> bytes:
    """A PDF without the moment at which it was made; every byte keeps its place.

    Examples
    --------
    >>> without_clock(b"<</CreationDate (D:20260101)/ModDate (D:2026)>>")
    b'<<                                              >>'
    """
    return _DATES.sub(lambda found: b" " * len(found[0]), content)


def renumbered(content: bytes) -> bytes:
    """A PDF whose parts are numbered from 0; the browser's own numbers differ from time to time.

    Examples
    --------
    >>> renumbered(b"/ID (node00000999) /Limits [(node00000998) (node00000999)]")
    b'/ID (node00000001) /Limits [(node00000000) (node00000001)]'
    """
    new = {old: b"node%08d" % i for i, old in enumerate(sorted(set(_NODES.findall(content))))}
    return _NODES.sub(lambda found: new[found[0]], content)


def _run(command: list[str], longest_s: float) -> str:
    """Run a browser in a group of its own, and end that group where it takes too long."""
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        errors="replace", start_new_session=True,
    ) as started:  # fmt: skip
        try:
            return started.communicate(timeout=longest_s)[1]
        except subprocess.TimeoutExpired:
            _end(started)
            raise InputError(
                "--pdf", f"{command[0]} did not print the page within {longest_s:g} s"
            ) from None


def _end(started: subprocess.Popen[str]) -> None:
    try:
        os.killpg(started.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError):
        started.kill()
