"""What people, schools, campaigns and browsers are called.

All of it is invented; domains and networks are those reserved for examples.
"""

from dataclasses import dataclass


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


FIRST_NAMES = words("""
    Aisha Alice Amelia Arjun Beatriz Benjamin Carys Charlotte Chidi Chloë Daniel Deepa Eilidh Emily
    Ethan Fatima Freya George Grace Hannah Harriet Hassan Imogen Isaac Jack Jasmine José Kwame Laura
    Leah Lewis Louise Mabel Marcus Megan Mohammed Nadia Naomi Niamh Oliver Olivia Oscar Owen Poppy
    Priya Rhys Rosa Ruth Samuel Siân Sophie Tariq Thomas Tunde Victoria William Yasmin Yusuf Zara
""")
LAST_NAMES = words("""
    Adeyemi Ahmed Ali Allen Anderson Baker Begum Bell Bennett Brown Campbell Carter Chapman Clarke
    Collins Cooper Davies Dixon Edwards Evans Fernández Fletcher Foster Gibson Graham Green Griffith
    Hall Harris Hughes Hussain Jackson James Johnson Jones Kaur Kelly Khan King Lewis MacDonald
    Marshall Mitchell Morgan Murphy Novák O'Brien O'Neill Okafor Patel Phillips Roberts Robinson
    Shah Singh Smith-Jones Taylor Thomas Walker Young
""")
PLACES = words("oakfield riverside st-marys hillcrest northgate ashdown meadowbank kingsway")
KINDS = words("academy primary high college grammar")
SCHOOL_DOMAINS = tuple(f"{place}-{kind}.example" for place in PLACES for kind in KINDS)
FREE_MAIL_DOMAINS = ("post.example", "mail.example", "inbox.example")
COUNTRIES = ("GB",) * 42 + ("IE",) * 4 + ("US", "AU", "NZ", "CA")
AGENT_NAMES = (
    *("Ada Marsh", "Bram Novak", "Cleo Hart", "Dev Rao", "Elin Berg"),
    *("Femi Cole", "Gus Reid", "Hana Mori", "Ines Vidal", "Jonas Falk"),
)
COMPANY_DOMAIN = "acme-learning.example"


@dataclass(frozen=True)
class Campaign:
    """What marketing pays for: where a link stands, and how often it is followed."""

    name: str
    source: str
    medium: str
    followed: int  # compared with the others


CAMPAIGNS = (
    Campaign("brand-search", "google", "cpc", 20),
    Campaign("maths-worksheets", "google", "cpc", 16),
    Campaign("quiz-maker", "bing", "cpc", 6),
    Campaign("back-to-school", "facebook", "paid_social", 14),
    Campaign("exam-season", "facebook", "paid_social", 10),
    Campaign("headteachers", "linkedin", "paid_social", 7),
    Campaign("staffroom-newsletter", "newsletter", "email", 12),
    Campaign("free-lesson-pack", "newsletter", "email", 8),
    Campaign("teaching-show", "teaching-show", "event", 3),
    Campaign("partner-blog", "partner", "referral", 4),
)

SCREENS = ((1920, 1080), (1366, 768), (1536, 864), (2560, 1440), (1440, 900), (820, 1180))
LOCALES = ("en-GB",) * 8 + ("en-US", "en-IE", "cy-GB")
WINDOWS, MAC = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"
CHROME_OS, IPAD = "X11; CrOS x86_64 14541.0.0", "iPad; CPU OS 18_5 like Mac OS X"
USER_AGENTS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {version} Safari/537.36"
    for system, version in (
        *((WINDOWS, "Chrome/141.0.0.0"), (WINDOWS, "Chrome/143.0.0.0"), (WINDOWS, "Edg/142.0.0.0")),
        *((MAC, "Chrome/142.0.0.0"), (MAC, "Version/18.5"), (IPAD, "Version/18.5")),
        *((CHROME_OS, "Chrome/140.0.0.0"), (CHROME_OS, "Chrome/142.0.0.0")),
    )
)
