"""A vendor's HTTP service on this machine: the vendor's protocol, the company's time, and faults.

Connections stay open between requests, as the vendors' do. A fault of `demo.faults` changes the
answer to the nth request, the first being 1.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from demo.answer import Answer, Call
from demo.content import Company, Content
from demo.faults import FAULTS, HOURS, INSTEAD, bent, checked
from demo.page import Page
from demo.wire import Server

SECOND = 0.98  # of the limit: who keeps to it is not refused for the way a request takes

__all__ = ["FAULTS", "StandIn"]


class _Limit:
    """So many answers within any second, and the others are refused."""

    def __init__(self, answers: int | None) -> None:
        self._allowed: deque[float] | None = deque(maxlen=answers) if answers else None

    def is_exceeded(self) -> bool:
        """Whether this one is too many."""
        if self._allowed is None:
            return False
        now = time.monotonic()
        if len(self._allowed) == self._allowed.maxlen and now - self._allowed[0] < SECOND:
            return True
        self._allowed.append(now)
        return False


class StandIn(ABC):
    """One service of a directory's file, or of its content; answers while it is a context.

    `password` is what the vendor knows somebody by. `delay` is in seconds for every answer, and
    `limit` in requests per second: who asks more within any second is told to wait.
    """

    FILE: ClassVar[str]
    SAYS_WHEN: ClassVar[bool] = True  # whether who asks too often is told how long to wait

    def __init__(
        self,
        company: Path | Company,
        *,
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Mapping[int, str | int] | None = None,
        delay: float = 0,
        limit: int | None = None,
    ) -> None:
        self.requests: list[str] = []  # path and query of each, in order of arrival
        self.bodies: list[bytes] = []
        self.statuses: list[int] = []  # of the answers
        self._password = password
        self._faults = checked(faults)
        self._delay = delay
        self._limit = _Limit(limit)
        self._last: Answer | None = None
        self._lock = threading.Lock()
        self._content = Content(company, self.FILE)
        self._server = Server((host, port), self.respond, self.now)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def now(self) -> float:
        """The company's present, in seconds since 1970: the `now` of the file."""
        return self._content.now

    @abstractmethod
    def authorised(self, call: Call) -> bool:
        """Whether a request may have an answer."""

    @abstractmethod
    def unauthorised(self, is_expired: bool) -> Answer:
        """The vendor's words to everybody else, and to whose token was good once."""

    @abstractmethod
    def limited(self, wait: int | None) -> Answer:
        """The vendor's words to who asks too often, with seconds to wait or without."""

    @abstractmethod
    def answer(self, call: Call) -> Page | Answer:
        """A page of records, or any other answer to a request that is allowed."""

    @abstractmethod
    def without_successor(self, page: Page) -> Page:
        """The page as one that is not the last and does not say where the next one is."""

    @abstractmethod
    def standing_still(self, page: Page, call: Call) -> Page:
        """The page as one whose successor is itself."""

    @abstractmethod
    def shift(self, call: Call) -> None:
        """Change a record so that the pages of what is read here shift."""

    def respond(self, call: Call) -> Answer:
        """The answer, as the fault of this request leaves it; waiting keeps nobody else waiting."""
        with self._lock:
            self.requests.append(call.target)
            self.bodies.append(call.body)
            self._content.refresh()
            answer = self._answer(call, self._fault(len(self.requests)))
            self.statuses.append(answer.status)
        time.sleep(self._delay)
        return answer

    def _fault(self, number: int) -> str:
        expired = [at for at, fault in self._faults.items() if fault == "401_for_good"]
        return "401" if expired and min(expired) <= number else self._faults.get(number, "")

    def _answer(self, call: Call, fault: str) -> Answer:
        if fault in INSTEAD:
            return INSTEAD[fault]
        if fault in ("429", "429_bare"):
            return self.limited(wait=1 if fault == "429" else None)
        if fault == "401" or not self.authorised(call):
            return self.unauthorised(is_expired=fault == "401")
        if self._limit.is_exceeded():
            return self.limited(wait=1 if self.SAYS_WHEN else None)
        if fault == "repeat" and self._last:
            return self._last
        if fault == "shift":
            self.shift(call)
            self._content.forget()
        answer = self._written(self.answer(call), call, fault)
        self._last = replace(answer, is_cut=False)
        return answer

    def _written(self, answer: Page | Answer, call: Call, fault: str) -> Answer:
        if isinstance(answer, Answer):
            return answer
        if fault == "no_successor":
            answer = self.without_successor(answer)
        if fault == "stands_still":
            answer = self.standing_still(answer, call)
        ahead = HOURS * 3600 if fault == "wrong_clock" else 0
        page = bent(fault, answer, self.now()).answer()
        return replace(page, is_cut=fault == "cut", ahead=ahead)

    def serve(self) -> None:
        """Answer until somebody interrupts."""
        self._server.serve_forever()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
