"""What stands on the website, and where people come from."""

from demo.company.names import CAMPAIGNS

PAGES = (
    *(
        ("/", "Lessons that teach themselves"),
        ("/pricing", "Pricing"),
        ("/teachers", "For teachers"),
    ),
    *(
        ("/schools", "For schools"),
        ("/lessons/fractions", "Fractions"),
        ("/lessons/volcanoes", "Volcanoes"),
    ),
    *(
        ("/blog/marking-less", "Marking less"),
        ("/blog/first-lesson", "The first lesson"),
        ("/about", "About us"),
    ),
)
FOLLOWED = [campaign for campaign in CAMPAIGNS for _ in range(campaign.followed)]
REFERRERS = ("", "", "https://www.google.com/", "https://www.google.com/", "https://www.bing.com/")
