"""From a place's name to a study folder: the steps in their order, each fetched once."""

from __future__ import annotations

import dataclasses
import json
import re
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from geocluster.errors import GeoclusterError, InputError, own_messages, recorded
from geocluster.fetching.checks import check_request
from geocluster.fetching.request import (
    Request,
    Site,
    Told,
    asked_of,
    digest_of,
    wanted_steps,
)
from geocluster.fetching.steps import STEPS
from geocluster.fetching.words import closing_lines, sources_md, study_toml
from geocluster.files import check_folder, replacing, write_json
from geocluster.load.online import Client, Manners

STATE = "fetch.json"
STATE_VERSION = 1


class Progress(Protocol):
    """Called with a step when it begins, and with its seconds when it ends."""

    def __call__(self, step: str, seconds: float | None = None) -> None: ...


@dataclass
class Fetched:
    """What a fetch leaves behind.

    Attributes
    ----------
    folder : Path
        The study folder.
    told : dict
        What each step left behind.
    lines : list of str
        The closing message: what was fetched, what is missing, the next command.
    warnings : list of str
        What was mended while the study was read, with counts.
    fault : str or None
        Why the study cannot be run yet.
    requests : int
        How often a service was asked.
    """

    folder: Path
    told: dict[str, Told]
    lines: list[str]
    warnings: list[str] = field(default_factory=list)
    fault: str | None = None
    requests: int = 0


def fetch_study(
    request: Request,
    out: str | Path | None = None,
    *,
    manners: Manners | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Fetched:
    """Make a study folder from open sources.

    A step that is finished is not fetched again, unless what it depends on has changed; the state
    is in fetch.json. A study.toml that the user has changed is kept.

    Parameters
    ----------
    request : Request
        Of which region, and from where.
    out : str or Path, optional
        The folder; made from the region's name where not given.
    manners : Manners, optional
        How services are treated.
    cache : str or Path, optional
        Where answers are kept; the user's cache where not given.
    progress : callable, optional
        Called as ``progress(step)`` and ``progress(step, seconds)``.
    client : Client, optional
        For tests.

    Raises
    ------
    GeoclusterError
        What failed, where, and what to do; what is finished is kept.
    """
    tell = progress or (lambda step, seconds=None: None)
    client = client or Client(cache_folder(cache), manners)
    check_request(request, date.fromisoformat(client.today()))
    folder = Path(out) if out is not None else Path(folder_name(request))
    check_folder(folder)
    state = _State(folder, identity_of(request))
    title = [""]
    client.listen(lambda sentence: tell(f"{title[0]}: {sentence}"))
    client.tidy()
    site = Site(request, folder, client, lambda sentence: tell(f"{title[0]}: {sentence}"))
    wanted = wanted_steps(request)
    state.forget(set(STEPS) - set(wanted))
    folder.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        title[0], step = STEPS[name]
        asked = asked_of(name, request, site.told, folder)
        kept = state.finished(name, asked)
        started = time.perf_counter()
        if kept is not None:
            site.told[name] = kept
            tell(f"{title[0]} (there already)", 0.0)
            continue
        tell(title[0])
        state.forget({name})
        site.told[name] = step(site)
        state.finish(name, asked, site.told[name])
        client.finish()
        tell(title[0], time.perf_counter() - started)
    _write_words(site, state)
    with recorded() as caught:
        fault = _timed(tell, "read and check the study", lambda: _fault_of(folder))
    left_out = sorted(request.without)
    lines = closing_lines(site.told, left_out, folder, fault)
    return Fetched(folder, site.told, lines, own_messages(caught), fault, client.requests)


def _timed(tell: Progress, step: str, work: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    tell(step)
    outcome = work()
    tell(step, time.perf_counter() - started)
    return outcome


def _fault_of(folder: Path) -> str | None:
    """Why a study cannot be read, or None."""
    from geocluster.study import read_study

    try:
        read_study(folder)
    except GeoclusterError as error:
        return str(error)
    return None


def _write_words(site: Site, state: _State) -> None:
    """study.toml and SOURCES.md; a study.toml that was changed by hand stays as it is."""
    from geocluster.load.online_words import user_agent

    version = user_agent(None).split()[0].rpartition("/")[2]
    region = site.region
    study = site.folder / "study.toml"
    text = study_toml(site.told, region, version)
    if not study.exists() or digest_of(study) == state.study:
        with replacing(study) as temporary:
            temporary.write_text(text, encoding="utf-8")
        state.wrote(digest_of(study))
    elif study.read_text("utf-8") != text:
        site.told["boundary"].notes.append(
            "study.toml was changed by hand and is kept: name new files there yourself"
        )
    with replacing(site.folder / "SOURCES.md") as temporary:
        temporary.write_text(sources_md(site.told, region.name, version), encoding="utf-8")


def cache_folder(path: str | Path | None = None) -> Path:
    """Where the answers of services are kept between runs."""
    from platformdirs import user_cache_dir

    return Path(path) if path is not None else Path(user_cache_dir("geocluster")) / "fetched"


def folder_name(request: Request) -> str:
    """The name of a folder for a region.

    Examples
    --------
    >>> folder_name(Request(place="Navoi, Uzbekistan")), folder_name(Request(bbox=(65, 40, 66, 41)))
    ('navoi-uzbekistan', 'box-65-40-66-41')
    """
    if request.name:
        text = request.name
    elif request.bbox is not None:
        text = "box-" + "-".join(f"{value:g}" for value in request.bbox)
    else:
        text = request.place or (request.boundary.stem if request.boundary else "")
    plain = unicodedata.normalize("NFC", text).lower()
    return re.sub(r"[^\w.]+", "-", plain).strip("-._") or "study"


def identity_of(request: Request) -> dict[str, Any]:
    """Which region a folder is of: the same name, box or boundary, whatever else is asked."""
    if request.place is not None:
        return {"place": " ".join(request.place.split()).casefold()}
    if request.bbox is not None:
        return {"bbox": list(request.bbox)}
    return {"boundary": digest_of(Path(str(request.boundary)))}


class _State:
    """The file in a study folder that says which steps are finished."""

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self._folder, self._path = folder, folder / STATE
        self._content: dict[str, Any] = {"version": STATE_VERSION, "region": identity, "steps": {}}
        if not folder.is_dir() or not any(folder.iterdir()):
            return
        if not self._path.is_file():
            raise InputError(
                str(folder),
                f"it holds files, but no {STATE} of a fetch: choose another --out",
            )
        content = self._read()
        if content["region"] != identity:
            told = ", ".join(f"{key} {value}" for key, value in content["region"].items())
            raise InputError(
                str(folder), f"it is the fetch of another region ({told}): choose another --out"
            )
        self._content = content

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_text("utf-8"))
            good = isinstance(content["region"], dict) and isinstance(content["steps"], dict)
            good = good and content["version"] == STATE_VERSION
        except (ValueError, KeyError, TypeError, OSError):
            good = False
        if not good:
            raise InputError(
                str(self._path), "it cannot be read as a fetch's state: choose another --out"
            )
        return dict(content)

    @property
    def study(self) -> str:
        """SHA-256 of study.toml as it was last written."""
        return str(self._content.get("study", ""))

    def finished(self, name: str, asked: dict[str, Any]) -> Told | None:
        """What a step told, where it is finished, was asked the same, and its files are there."""
        kept = self._content["steps"].get(name)
        with suppress(KeyError, TypeError, AttributeError):
            if kept["asked"] != asked or not all(self._has(file) for file in kept["files"]):
                return None
            told = Told(**kept["told"])
            told.notes += [
                f"{file} was changed by hand and is kept; without it, it is fetched again"
                for file in self._changed(name)
            ]
            return told
        return None

    def _has(self, file: str) -> bool:
        return (self._folder / file).is_file()

    def _changed(self, name: str) -> list[str]:
        """The files of a step that are no longer what was fetched."""
        files = self._content["steps"][name]["files"]
        return [
            file
            for file, digest in files.items()
            if self._has(file) and digest_of(self._folder / file) != digest
        ]

    def finish(self, name: str, asked: dict[str, Any], told: Told) -> None:
        """Note that a step is finished."""
        files = {file: digest_of(self._folder / file) for file in told.files}
        step = {"asked": asked, "files": files, "told": dataclasses.asdict(told)}
        self._content["steps"][name] = step
        self._write()

    def forget(self, names: set[str]) -> None:
        """Drop steps and the files that they made; never what was changed by hand since."""
        for name in sorted(names & set(self._content["steps"])):
            changed = self._changed(name)
            if changed:
                raise InputError(
                    str(self._folder / changed[0]),
                    "it was changed by hand and would be fetched anew: move it away, or choose "
                    "another --out",
                )
            for file in self._content["steps"].pop(name).get("files", {}):
                (self._folder / Path(file).name).unlink(missing_ok=True)
            self._write()

    def wrote(self, digest: str) -> None:
        """Note the study.toml that was written."""
        self._content["study"] = digest
        self._write()

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_json(self._content, self._path)
