"""Messages without secrets: what a library says of a request may hold what we sent with it."""

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MASK = "***"
SHORTEST = 4  # characters; a password X guards nothing, and is in half of all words
_SECRET = re.compile(r"pass|secret|token|key|auth|credential|signature", re.IGNORECASE)
_LOGIN_IN_URL = re.compile(r"(?<=://)[^/\s'\"]+@")  # up to the last @: a password may have one
_QUERY = re.compile(r"\?[^\s'\"<>()]*=[^\s'\"<>()]*")


def masked(said: str, connection: Any) -> str:
    """What was said, without the secrets of an Airflow connection and without queries of URLs."""
    found = {way for secret in _secrets(connection) for way in (secret, secret.strip())}
    secrets = {secret for secret in found if len(secret) >= SHORTEST}
    written = {way for secret in secrets for way in _ways(secret)}
    if written:
        longest_first = sorted(written, key=lambda way: (-len(way), way))
        said = re.sub("|".join(longest_first), MASK, said, flags=re.IGNORECASE)
    return _QUERY.sub("", _LOGIN_IN_URL.sub(f"{MASK}@", said))


def _secrets(connection: Any) -> Iterator[str]:
    login, password = connection.login or "", connection.password or ""
    yield login
    yield password
    if login and password:
        yield f"{login}:{password}"
    if "@" in (host := connection.host or ""):
        login, _, password = host.rpartition("@")[0].rpartition("//")[2].partition(":")
        yield from (login, password, unquote(login), unquote(password))
    yield from _inside(connection.extra_dejson)


def _inside(extra: Any, *, is_secret: bool = False) -> Iterator[str]:
    """All texts under a name that speaks of secrets, however deep."""
    if isinstance(extra, dict):
        for name, value in extra.items():
            yield from _inside(value, is_secret=is_secret or bool(_SECRET.search(str(name))))
    elif isinstance(extra, list):
        for value in extra:
            yield from _inside(value, is_secret=is_secret)
    elif is_secret and isinstance(extra, str):
        yield extra
        yield from (line for line in extra.splitlines() if line != extra)  # of a private key


def _ways(secret: str) -> Iterator[str]:
    """Patterns of the ways in which a secret can be written."""
    for way in (secret, repr(secret)[1:-1], quote(secret), quote(secret, ""), quote_plus(secret)):
        yield re.escape(way)
    data = secret.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield re.escape(encode(data).decode())
        whole = data[: len(data) // 3 * 3]  # what follows it does not change these characters
        if len(whole) >= 2 * 3:
            yield re.escape(encode(whole).decode()) + "[A-Za-z0-9+/_=-]*"
