"""What a declaration says of objects that are files: which, how written, and how read."""

import re
from typing import Literal

from pydantic import field_validator, model_validator

from layers.sources import Declaration, Object


class FileObject(Object):
    """Which files hold an object: a glob below the connection's path, and how they are written.

    `read: once` loads each file once, by its name; `read: whole` loads all of them together
    whenever one of them changed, and what they no longer say is gone.
    """

    files: str
    format: Literal["jsonl", "json", "csv"] = "jsonl"
    read: Literal["once", "whole"] = "once"


class Source(Declaration):
    """Files below the path of a connection.

    `named_at` is a regular expression whose first group, in a file's name, is the Unix time at
    which the file was written; without it a source is known up to the moment it was looked at.
    A name that says no time, or one that is still to come, says nothing.
    """

    named_at: str | None = None
    objects: dict[str, FileObject]

    @field_validator("named_at")
    @classmethod
    def _has_a_group(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value).groups if value is not None else 1
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if not groups:
            raise ValueError("wanted a group in it, like ([0-9]+), that holds the Unix time")
        return value

    @model_validator(mode="after")
    def _whole_has_no_names(self) -> "Source":
        if self.named_at and any(found.read == "whole" for found in self.objects.values()):
            raise ValueError("has named_at, and an object with read: whole; wanted one of them")
        return self
