"""Which organisation lives through which story: each is dealt once, then mostly the usual ones."""

from collections.abc import Callable, Mapping

from demo.company import other_stories as others
from demo.company import stories
from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, SECOND
from demo.company.contracts import Deal, Subscription
from demo.company.customers import Organisation
from demo.company.settings import Settings

Story = Callable[[Deal], None]
YEAR = 365

# where something happens when a year is over, the year ends while one looks on
OF_A_YEAR = (
    stories.renews_late,
    stories.renews_too_late,
    stories.renews_early,
    stories.renews_in_advance,
    stories.lapses,
    stories.resumes,
)
ALSO_OF_A_YEAR = (stories.does_not_renew, others.goes_free, others.is_free, stories.steady)
ONCE: tuple[Story, ...] = (
    *(stories.grows, others.buys_nothing, others.has_two, stories.lapses, stories.tries_and_buys),
    *(stories.renews_late, others.by_the_month, stories.shrinks, others.goes_free),
    *(others.comes_back, stories.upgrades, stories.renews_too_late, stories.grows_soon),
    *(others.in_dollars, stories.renews_early, others.goes_free_in_mid_year, others.tries_only),
    *(stories.resumes, others.free_then_pays, stories.renews_in_advance, stories.downgrades),
    *(stories.leaves_in_mid_year, stories.does_not_renew, others.is_free, stories.steady),
)
USUAL: Mapping[Story, int] = {
    **dict.fromkeys(ONCE, 1),
    stories.steady: 30,
    stories.tries_and_buys: 8,
    stories.grows: 8,
    others.by_the_month: 6,
    others.buys_nothing: 4,
    others.in_dollars: 0,
    stories.grows_soon: 0,
}


def agree(
    settings: Settings, customers: list[Organisation], people: Mapping[Organisation, int]
) -> list[Subscription]:
    """All subscriptions of all organisations; `people` is how many work there."""
    chance = Chance(settings.seed, "contracts")
    usual = chance.choices(list(USUAL), list(USUAL.values()), k=len(customers))
    dealt: list[Story] = [*ONCE, *usual[len(ONCE) :]][: len(customers)]
    subscriptions: list[Subscription] = []
    for organisation, story in zip(customers, dealt, strict=True):
        seats = max(3, round(people.get(organisation, 0) * (0.45 + 0.4 * chance.random())))
        deal = Deal(organisation, settings.clock, chance, seats, at=0)
        deal.at = _first_day(deal, story)
        story(deal)
        subscriptions += deal.subscriptions
    return subscriptions


def _first_day(deal: Deal, story: Story) -> int:
    """When it all begins: at the latest so that its turn comes before one looks first."""
    clock, chance = deal.clock, deal.chance
    span = clock.first_now - clock.start
    late = clock.start + span // 10 + chance.below(span * 6 // 10)
    turns = story in OF_A_YEAR or story in ALSO_OF_A_YEAR
    first = late - YEAR * DAY if turns else late - chance.below(120 * DAY)
    return first // DAY * DAY + 8 * HOUR + chance.below(9 * HOUR) // SECOND * SECOND
