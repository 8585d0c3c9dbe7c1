"""What ``geocluster compare`` takes, with the help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunA = Annotated[Path, typer.Argument(help="The folder of a run's results: maps/NAME.")]
RunB = Annotated[Path, typer.Argument(help="That of another run.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Where the files go (default: maps/compare-A-B)."),
]
