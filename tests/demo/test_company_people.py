"""The truth about accounts and web users against the files, counted again."""

from collections import Counter, defaultdict
from datetime import datetime

import pytest

from demo.company.addresses import Addresses
from demo.company.chance import Chance
from tests.demo.plain import Company, filled, month_of


def test_web_users_are_those_that_the_files_give(company: Company) -> None:
    seen, identified = set(), defaultdict(list)
    for line in company.whole:
        if line.event["type"] == "identify":
            who = line.at("timestamp"), line.event["userId"]
            identified[line.event["anonymousId"]].append(who)
        elif line.source == company.website:
            seen.add(line.event["anonymousId"])
    owners = Counter(min(identified[browser])[1] for browser in seen if browser in identified)

    assert company.truth["rudderstack"]["web_users"] == {
        "seen": len(seen),
        "never_identified": len(seen) - owners.total(),
        "identified": owners.total(),
        "accounts": len(owners),
        "accounts_with_several": sum(count > 1 for count in owners.values()),
        "shared_by_two_accounts": sum(len({u for _, u in by}) > 1 for by in identified.values()),
        "identified_but_never_seen": sum(browser not in seen for browser in identified),
        "accounts_without": len(company.accounts) - len(owners),
    }


def test_four_of_five_visitors_never_identify(company: Company) -> None:
    web_users = company.truth["rudderstack"]["web_users"]
    assert 0.7 < web_users["never_identified"] / web_users["seen"] < 0.9


@pytest.mark.parametrize("company", ["midnight"], indirect=True)
def test_every_kind_of_visitor_occurs(company: Company) -> None:
    assert all(count > 0 for count in company.truth["rudderstack"]["web_users"].values())


def test_a_sign_up_on_the_website_is_the_moment_that_the_backend_has(company: Company) -> None:
    accounts = {account["id"]: account for account in company.accounts}
    sign_ups = [
        line.event
        for line in company.whole
        if line.event["type"] == "identify" and line.source == company.website
    ]
    for event in sign_ups:
        account = accounts[event["userId"]]
        assert event["originalTimestamp"] == account["signed_up_at"]
        assert event["traits"]["email"] == account["email"]
    assert len(sign_ups) == company.truth["accounts"]["came_by"]["website"]


def test_some_landing_pages_name_a_campaign_and_their_address_agrees(company: Company) -> None:
    contexts = [line.event["context"] for line in company.whole]
    campaigns = [context for context in contexts if "campaign" in context]
    assert campaigns
    for context in campaigns:
        assert set(context["campaign"]) == {"name", "source", "medium"}
        assert f"utm_campaign={context['campaign']['name']}" in context["page"]["search"]


def test_addresses_are_unique_among_those_not_deleted_and_some_people_came_back(
    company: Company,
) -> None:
    live = Counter(one["email"].lower() for one in company.accounts if not one["deleted_at"])
    gone = [one["email"].lower() for one in company.accounts if one["deleted_at"]]
    assert live.most_common(1)[0][1] == 1
    assert len(gone) == company.truth["accounts"]["deleted"] >= 3
    assert any(email in live for email in gone)


def test_sign_ups_by_month_are_those_of_the_backend(company: Company) -> None:
    start = datetime.fromisoformat(company.truth["from"])
    times = [datetime.fromisoformat(account["signed_up_at"]) for account in company.accounts]
    told = company.truth["accounts"]["signed_up"]
    counted = Counter(month_of(at) for at in times if at >= start)
    assert told == filled(counted, list(told))
    assert all(at < company.until for at in times)


def test_people_of_one_name_have_different_addresses_whatever_the_case() -> None:
    addresses = Addresses(Chance(1, "addresses"))
    given = [addresses.of("Zoë O'Brien") for _ in range(500)]
    assert len({address.lower() for address in given}) == 500
    assert len({address.split("@")[0].rstrip("0123456789").lower() for address in given}) == 1
