"""The keys of study.toml that name a table of a database in the place of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field, model_validator

from geocluster.errors import InputError
from geocluster.load.database_address import (
    MAX_ROWS,
    PASSWORD,
    TIMEOUT_S,
    DatabaseTable,
    database_table,
)

DATABASE_KEYS = ("database", "table", "query", "geometry", "timeout_s", "max_rows")
# The inputs that a database can give; the rest are files of other kinds.
DATABASE_INPUTS = (
    "boundary",
    "sources",
    "homes",
    "places",
    "land",
    "zones",
    "plain",
    "not_valid",
    "border",
    "land_prices",
    "area",
)


class DatabaseKeys(BaseModel):
    """A table or query of a PostgreSQL database with PostGIS, instead of a path."""

    database: str | None = Field(default=None, min_length=1)
    table: str | None = Field(default=None, min_length=1)
    query: str | None = Field(default=None, min_length=1)
    geometry: str | None = Field(default=None, min_length=1)
    timeout_s: float | None = Field(default=None, gt=0, le=86_400)
    max_rows: int | None = Field(default=None, ge=1, le=100_000_000)

    @model_validator(mode="before")
    @classmethod
    def _without_password(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "database" in value:
            names = {str(key).lower() for key in value}
            if names & {"password", "passwd", "pwd", "pass", "pgpassword"}:
                raise ValueError(PASSWORD)
        return value

    @model_validator(mode="after")
    def _a_path_or_a_database(self) -> DatabaseKeys:
        path = getattr(self, "path", "")
        given = [key for key in DATABASE_KEYS if getattr(self, key) is not None]
        if path and given:
            raise ValueError(f"a path and {given[0]}: give a file or a database")
        if not path and self.database is None:
            raise ValueError("path is missing: add it, or a database with a table or a query")
        if self.database is not None:
            of_files = [key for key in _file_keys(self) if getattr(self, key) is not None]
            if of_files:
                raise ValueError(f"{of_files[0]} belongs to files: leave it out for a database")
            self.stored()
        return self

    def stored(self) -> DatabaseTable:
        """The table or query that these keys name."""
        return database_table(
            str(self.database),
            table=self.table,
            query=self.query,
            geometry=self.geometry,
            timeout_s=TIMEOUT_S if self.timeout_s is None else self.timeout_s,
            max_rows=MAX_ROWS if self.max_rows is None else self.max_rows,
        )


def _file_keys(section: DatabaseKeys) -> Iterator[str]:
    """Keys that say how a file is read, of which a database has no use."""
    for key in ("layer", "encoding", "sheet", "header_row", "emissions"):
        if key in type(section).model_fields:
            yield key


def address_faults(keys: tuple[object, ...], address: str) -> list[str]:
    """What is wrong with an address of a database in the place of a path, with nothing of it."""
    if not keys or keys[-1] not in DATABASE_INPUTS:
        return [f"a database gives {', '.join(DATABASE_INPUTS)} alone: give a file"]
    try:
        database_table(address)
    except InputError as error:
        return error.faults
    return []
