"""What a source of kind `http` declares."""

from pydantic import field_validator

from layers.sources import Declaration
from layers.sources.pagers import HttpObject, pagers


class Source(Declaration):
    """A tool reached over HTTP, by one of the pagers in `layers.sources.pagers`.

    `requests_per_second` is what we keep to, if not what the vendor's pager says; all objects
    together, which are loaded side by side.
    """

    pager: str
    requests_per_second: float | None = None
    objects: dict[str, HttpObject]

    @field_validator("pager")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in pagers():
            raise ValueError(f"there is no such pager; wanted one of {', '.join(sorted(pagers()))}")
        return value

    @field_validator("objects")
    @classmethod
    def _known_too(cls, value: dict[str, HttpObject]) -> dict[str, HttpObject]:
        for found in value.values():
            if found.pager is not None:
                cls._known(found.pager)
        return value

    @field_validator("requests_per_second")
    @classmethod
    def _is_some(cls, value: float | None) -> float | None:
        if value is not None and value <= 0:
            raise ValueError("wanted more than 0")
        return value
