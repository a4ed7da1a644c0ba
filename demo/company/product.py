"""Teachers sit down with the product: they open the app, and most of them do something in it that counts."""

from itertools import accumulate

from demo.company.browsers import Browser
from demo.company.chance import Chance
from demo.company.clock import MINUTE, SECOND, Clock, off_the_hour
from demo.company.collector import Collector
from demo.company.flaws import Flaw
from demo.company.payload import APP, compact, identify, seen_page, session, track
from demo.company.people import Account
from demo.company.truth import Activity

SOURCE = "2fTqWmXbR7cLkN4vHs9ZpYdJ3Ga"
QUALIFYING = frozenset({"lesson_started", "lesson_completed", "quiz_created", "quiz_assigned", "report_viewed"})
NEVER_COUNT = frozenset({Flaw.WRONG_CLOCK, Flaw.UNKNOWN_USER})

OPEN, LESSON, QUIZ = ("app_opened",), ("lesson_started", "lesson_completed"), ("quiz_created", "quiz_assigned")
REPORT, SETTINGS = ("report_viewed",), ("settings_changed",)
SITTINGS: tuple[tuple[str, ...], ...] = (
    OPEN,
    OPEN + SETTINGS,
    OPEN + ("lesson_started",),
    OPEN + LESSON,
    OPEN + LESSON + LESSON,
    OPEN + LESSON + LESSON + LESSON + REPORT,
    OPEN + LESSON + ("quiz_assigned",),
    OPEN + LESSON + QUIZ + REPORT,
    OPEN + QUIZ,
    OPEN + QUIZ + SETTINGS + QUIZ + REPORT,
    OPEN + REPORT + REPORT,
    OPEN + SETTINGS + LESSON + LESSON,
)
LOOKS: tuple[tuple[str, ...], ...] = (OPEN, OPEN + SETTINGS)

PAGES = {
    "app_opened": seen_page(APP, "/home", "Home", ""),
    "lesson_started": seen_page(APP, "/lessons/play", "Lesson", f"{APP}/lessons"),
    "lesson_completed": seen_page(APP, "/lessons/summary", "Lesson summary", f"{APP}/lessons/play"),
    "quiz_created": seen_page(APP, "/quizzes/new", "New quiz", f"{APP}/quizzes"),
    "quiz_assigned": seen_page(APP, "/quizzes/assign", "Assign a quiz", f"{APP}/quizzes/new"),
    "report_viewed": seen_page(APP, "/reports/class", "Class report", f"{APP}/home"),
    "settings_changed": seen_page(APP, "/settings", "Settings", f"{APP}/home"),
}
SUBJECTS = ("maths", "english", "science", "history", "geography", "computing", "french", "music")


class Product:
    """The app, day by day."""

    def __init__(
        self, accounts: list[Account], clock: Clock, chance: Chance, collector: Collector, activity: Activity
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._chance = chance
        self._collector = collector
        self._activity = activity
        self._properties = {event: [_properties(event, chance) for _ in range(200)] for event in PAGES}

    def demand(self) -> list[float]:
        """How much is done on each day, in no particular unit."""
        changes = [0.0] * (self._clock.days + 1)
        for account in self._accounts:
            if account.active_from < account.active_until:
                changes[account.active_from] += account.weight
                changes[account.active_until] -= account.weight
        return [weight * self._clock.busy(day) for day, weight in enumerate(accumulate(changes[:-1]))]

    def tell(self, day: int, budget: int) -> int:
        """Exactly so many events of one day, or none where there are more than enough."""
        active = [account for account in self._accounts if account.active_from <= day < account.active_until]
        weights = list(accumulate(account.weight for account in active))
        told = 0
        while told < budget:
            for account in self._chance.choices(active, cum_weights=weights, k=min(100, budget)):
                told += self._sitting(account, day, budget - told)
        return told

    def _sitting(self, account: Account, day: int, budget: int) -> int:
        """One account at one browser for up to an hour; says how many events that made."""
        if not budget:
            return 0
        chance = self._chance
        at = self._clock.at_work(day, chance)
        browser = self._browser(account, day)
        told = self._log_in(account, browser, at)
        events = chance.pick(LOOKS if account.only_looks else SITTINGS)[: budget - told]
        head = session(browser, at)
        for event in events:
            at = off_the_hour(at + 5 * SECOND + chance.below(6 * MINUTE))
            properties = chance.pick(self._properties[event])
            body = track(head, chance.uuid(), event, PAGES[event], properties)
            flaw = self._collector.emit(event, body, at, browser.ip)
            if event in QUALIFYING and flaw not in NEVER_COUNT:
                self._activity.add(account, self._clock.month_of(at))
        return told + len(events)

    def _browser(self, account: Account, day: int) -> Browser:
        """Mostly the first one; a later one, or a colleague's, from its day on."""
        if account.borrowed and account.borrowed[0] <= day and self._chance.happens(0.3):
            return account.borrowed[1]
        since, browser = account.browsers[0]
        if len(account.browsers) > 1 and self._chance.happens(0.4):
            since, other = self._chance.pick(account.browsers)
            return other if since <= day else browser
        return browser

    def _log_in(self, account: Account, browser: Browser, at: int) -> int:
        """Identify where somebody else did last, or nobody yet."""
        if browser.account is account:
            return 0
        browser.identified.append(account)
        seen = seen_page(APP, "/log-in", "Log in", "")
        body = identify(session(browser, at), self._chance.uuid(), seen, account)
        self._collector.deliver("identify", body, off_the_hour(at), browser.ip)
        return 1


def _properties(event: str, chance: Chance) -> str:
    """What the product tells about an event."""
    subject = chance.pick(SUBJECTS)
    details: dict[str, object] = {"app_version": f"7.{chance.below(40)}.{chance.below(6)}", "workspace": "classroom"}
    if event.startswith("lesson"):
        details |= {"lesson_id": f"les-{subject}-{chance.below(400):03}", "subject": subject}
        details |= {"year_group": 1 + chance.below(13), "duration_seconds": 60 + chance.below(3_000)}
    elif event.startswith("quiz"):
        details |= {"quiz_id": f"quiz-{chance.below(5_000):04}", "subject": subject, "questions": 5 + chance.below(20)}
    elif event == "report_viewed":
        details |= {"report": chance.pick(("class progress", "homework", "attendance")), "pupils": 12 + chance.below(20)}
    elif event == "settings_changed":
        details |= {"setting": chance.pick(("language", "notifications", "display name")), "was_default": True}
    return compact(details)
