"""What somebody does at one sitting with the product, and what the product tells about it."""

from demo.company.chance import Chance
from demo.company.payload import APP, compact, seen_page

QUALIFYING = frozenset(
    ("lesson_started", "lesson_completed", "quiz_created", "quiz_assigned", "report_viewed")
)

OPEN, REPORT, SETTINGS = ("app_opened",), ("report_viewed",), ("settings_changed",)
LESSON, QUIZ = ("lesson_started", "lesson_completed"), ("quiz_created", "quiz_assigned")
SITTINGS: tuple[tuple[str, ...], ...] = (
    OPEN,
    OPEN + SETTINGS,
    (*OPEN, "lesson_started"),
    OPEN + LESSON,
    OPEN + LESSON + LESSON,
    OPEN + LESSON + LESSON + LESSON + REPORT,
    (*OPEN, *LESSON, "quiz_assigned"),
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
    "lesson_completed": seen_page(APP, "/lessons/end", "Lesson summary", f"{APP}/lessons/play"),
    "quiz_created": seen_page(APP, "/quizzes/new", "New quiz", f"{APP}/quizzes"),
    "quiz_assigned": seen_page(APP, "/quizzes/assign", "Assign a quiz", f"{APP}/quizzes/new"),
    "report_viewed": seen_page(APP, "/reports/class", "Class report", f"{APP}/home"),
    "settings_changed": seen_page(APP, "/settings", "Settings", f"{APP}/home"),
}
LOG_IN = seen_page(APP, "/log-in", "Log in", "")
VARIANTS = 200


def properties(chance: Chance) -> dict[str, list[str]]:
    """For each event, properties to choose from: writing JSON for every event would be slow."""
    return {event: [_properties(event, chance) for _ in range(VARIANTS)] for event in PAGES}


def _properties(event: str, chance: Chance) -> str:
    version = f"7.{chance.below(40)}.{chance.below(6)}"
    return compact({"app_version": version, "workspace": "classroom", **_details(event, chance)})


def _details(event: str, chance: Chance) -> dict[str, object]:
    subject = chance.pick(("maths", "english", "science", "history", "french", "music"))
    match event.split("_")[0]:
        case "lesson":
            lesson_id = f"les-{subject}-{chance.below(400):03}"
            return {"lesson_id": lesson_id, "subject": subject, "year_group": 1 + chance.below(13)}
        case "quiz":
            quiz_id = f"quiz-{chance.below(5_000):04}"
            return {"quiz_id": quiz_id, "subject": subject, "questions": 5 + chance.below(20)}
        case "report":
            return {"report": chance.pick(("class", "homework")), "pupils": 12 + chance.below(20)}
        case "settings":
            return {"setting": chance.pick(("language", "notifications")), "was_default": True}
        case _:
            return {"start": chance.pick(("bookmark", "link", "typed"))}
