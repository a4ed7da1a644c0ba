"""How organisations get on that commit themselves to a year at a time."""

from demo.company.clock import DAY
from demo.company.contracts import Deal
from demo.company.customers import soon
from demo.company.plans import COMPLETE, ESSENTIALS, TRUST


def steady(deal: Deal) -> None:
    """Renews on the day, year after year; now and then with other seats."""
    deal.open()
    deal.commit(deal.chance.pick((ESSENTIALS, COMPLETE, COMPLETE, TRUST)))
    renew(deal)


def tries_and_buys(deal: Deal) -> None:
    """A trial first, then a year."""
    deal.open()
    deal.trial(COMPLETE)
    deal.commit(COMPLETE)
    renew(deal)


def grows(deal: Deal) -> None:
    """More seats within the commitment."""
    deal.open()
    deal.commit(COMPLETE)
    deal.change(after=90, seats=deal.seats + max(2, deal.seats // 3))
    renew(deal)


def shrinks(deal: Deal) -> None:
    """Fewer seats within the commitment, while their holders keep them."""
    deal.open()
    deal.commit(COMPLETE)
    deal.change(after=120, seats=deal.seats // 2)
    renew(deal)


def upgrades(deal: Deal) -> None:
    """A better plan within the commitment."""
    deal.open()
    deal.commit(ESSENTIALS)
    deal.change(after=75, plan=COMPLETE)
    renew(deal)


def downgrades(deal: Deal) -> None:
    """A cheaper plan within the commitment."""
    deal.open()
    deal.commit(COMPLETE)
    deal.change(after=100, plan=ESSENTIALS)
    renew(deal)


def renews_late(deal: Deal) -> None:
    """Twelve days after it was due, twelve days without any term."""
    deal.open()
    deal.commit(COMPLETE)
    deal.wait(12)
    deal.commit(COMPLETE, "renewal")


def renews_too_late(deal: Deal) -> None:
    """Six weeks after it was due: that one has lapsed for good."""
    deal.open()
    deal.commit(ESSENTIALS)
    deal.wait(44)
    deal.commit(ESSENTIALS, "renewal")


def lapses(deal: Deal) -> None:
    """Never renews, and never says so."""
    deal.open()
    deal.commit(COMPLETE)
    deal.stop()


def renews_early(deal: Deal) -> None:
    """Three weeks before it is due."""
    deal.open()
    deal.commit(TRUST)
    deal.renew_early(21)


def renews_in_advance(deal: Deal) -> None:
    """Agrees some weeks before, for the day on which it is due."""
    deal.open()
    deal.commit(COMPLETE)
    deal.commit(COMPLETE, "renewal", agreed=deal.at - 24 * DAY)


def leaves_in_mid_year(deal: Deal) -> None:
    """Is let go within the commitment, which stays due."""
    deal.open()
    deal.commit(COMPLETE)
    deal.at = deal.last.starts_at + 150 * DAY
    deal.last.ends.append((deal.at, deal.at))
    deal.stop(asked_before=6)


def does_not_renew(deal: Deal) -> None:
    """Says in time that there will be no next year."""
    deal.open()
    deal.commit(ESSENTIALS)
    deal.stop(asked_before=40)


def resumes(deal: Deal) -> None:
    """Goes on with the old subscription after months, as if it were new."""
    deal.open()
    deal.commit(COMPLETE)
    deal.stop()
    deal.wait(65)
    deal.resume()
    deal.commit(COMPLETE)


def grows_soon(deal: Deal) -> None:
    """Agrees to more seats days after one looks first."""
    deal.at = deal.clock.first_now - 200 * DAY
    deal.open()
    deal.commit(COMPLETE)
    after = (soon(deal.clock, deal.chance, 2) - deal.last.starts_at) // DAY + 1
    deal.change(after, seats=deal.seats + 4)


def renew(deal: Deal) -> None:
    """Year after year, to the end of what is planned; now and then with other seats."""
    while deal.is_planned:
        if deal.chance.happens(0.4):
            deal.seats = max(2, deal.seats + deal.chance.below(7) - 2)
        deal.commit(deal.last.agreed.plan, "renewal")
