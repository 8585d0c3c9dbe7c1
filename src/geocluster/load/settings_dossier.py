"""[dossier] of study.toml: how many candidates get a page, and the document for an office."""

from __future__ import annotations

from pydantic import Field

from geocluster.load.settings_files import Section, Text


class DossierSettings(Section):
    """[dossier]: pages by rank, and a Word document on an office's own letterhead."""

    candidates: int = Field(default=20, ge=0, le=500)
    docx: bool = False
    template: Text | None = None
