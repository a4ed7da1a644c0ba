"""Asking again: what may go away by itself, and how long to wait for it."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import tenacity

from layers.errors import TemporaryError

LONGEST = 900.0  # seconds that we wait because a vendor says so; for longer the task comes again


class AgainError(TemporaryError):
    """An answer that is worth another try; `after` is how long the vendor asked us to wait, s."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


def wait(state: tenacity.RetryCallState) -> float:
    """Seconds: as the vendor says, else a little longer each time."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, AgainError) and error.after is not None:
        if error.after > LONGEST:
            raise TemporaryError(f"{error}, and wants us to wait {error.after:.0f} s")
        return error.after
    return float(tenacity.wait_exponential_jitter(multiplier=0.5, max=60)(state))


def seconds(text: str | None) -> float | None:
    """What `Retry-After` says, in seconds; it may be a date as well."""
    if text and text.isdecimal():
        return float(text)
    until = date(text)
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until else None


def date(text: str | None) -> datetime | None:
    """A date as mail and HTTP write it; `-0000` says that it is UTC and nobody knows where."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def reason(error: BaseException) -> str:
    """What went wrong at the bottom of it: `Connection refused`, and not who was told of it."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
