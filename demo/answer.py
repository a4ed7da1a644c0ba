"""What goes over the wire between somebody and a stand-in: a call, and the answer to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.client import responses
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Call:
    """One request as it came; names of headers are in lower case."""

    method: str
    target: str  # path and query
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """Without the query, and without a slash at the end."""
        return urlsplit(self.target).path.rstrip("/")

    @cached_property
    def parameters(self) -> Mapping[str, list[str]]:
        """All values of each parameter of the query."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The last value of each parameter of the query."""
        return {name: values[-1] for name, values in self.parameters.items()}

    def listed(self, name: str) -> list[str]:
        """The values of a parameter that is repeated, or has commas, or both."""
        texts = self.parameters.get(name, [])
        return [word for text in texts for word in text.split(",") if word]

    def has(self, name: str) -> bool:
        """Whether a parameter is true; a client in Python writes it with a capital."""
        return self.query.get(name, "").lower() == "true"

    def whole(self, name: str, default: int, most: int | None = None, least: int = 1) -> int:
        """A parameter that is a whole number; ValueError says what was wanted."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or not least <= int(text) <= (most or int(text)):
            limit = f" less than or equal to {most}" if most else ""
            raise ValueError(f"{name}: must be a whole number from {least} on{limit}")
        return int(text)


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire; where it is cut, the connection ends in mid-body."""

    status: int
    body: bytes
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    ahead: int = 0  # seconds by which the clock in the header `Date` is wrong


def json_answer(
    status: int, value: object, headers: Mapping[str, str] = MappingProxyType({})
) -> Answer:
    """An answer in JSON, in ASCII, so that it can carry what is no character too."""
    return Answer(status, written(value), headers=headers)


def written(value: Any) -> bytes:
    """JSON in ASCII; what is bytes already goes as it is."""
    return value if isinstance(value, bytes) else json.dumps(value).encode("ascii")


def html_answer(status: int) -> Answer:
    """What a gateway says, which knows nothing of the vendor's JSON."""
    text = f"{status} {responses[status]}"
    page = f"<html><head><title>{text}</title></head><body>{text}</body></html>"
    return Answer(status, page.encode(), HTML)
