"""An event as RudderStack's browser library sends it: about 1.2 kB of JSON, mostly context.

A body lacks what the collector adds: the four times, the address of the sender, and the closing
brace. Texts are put together rather than dumped, which is ten times faster; what may hold a
quotation mark goes through `json`.
"""

import json
from functools import cache
from urllib.parse import urlencode

from demo.company.browsers import Browser
from demo.company.clock import iso
from demo.company.names import COMPANY_DOMAIN, Campaign
from demo.company.people import Account

SITE = f"https://www.{COMPANY_DOMAIN}"
APP = f"https://app.{COMPANY_DOMAIN}"


def compact(value: object) -> str:
    """JSON without blanks, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def session(browser: Browser, started_at: int) -> str:
    """What all events of one sitting begin with; without an account, the user id is empty."""
    account = browser.account
    user_id, traits = (account.id, f'{{"email":"{account.email}"}}') if account else ("", "{}")
    return (
        f'{{"anonymousId":"{browser.anonymous_id}","channel":"web","userId":"{user_id}",'
        f'"integrations":{{"All":true}},"context":{{{browser.device},"sessionId":{started_at},"traits":{traits}'
    )


def track(head: str, message_id: str, event: str, page: str, properties: str) -> str:
    """Somebody did something; the page and the properties are JSON objects."""
    return (
        f'{head},"page":{page}}},"type":"track","event":"{event}","messageId":"{message_id}",'
        f'"properties":{properties},'
    )


def page(head: str, message_id: str, name: str, seen: str, campaign: str = "") -> str:
    """Somebody saw a page, perhaps because of a campaign: a member of the context."""
    return (
        f'{head}{campaign},"page":{seen}}},"type":"page","name":"{name}","messageId":"{message_id}",'
        f'"properties":{seen[:-1]},"name":"{name}"}},'
    )


def identify(head: str, message_id: str, seen: str, account: Account) -> str:
    """Somebody says who they are."""
    traits = {
        "email": account.email,
        "name": account.full_name,
        "createdAt": iso(account.signed_up_at),
    }
    return (
        f'{head},"page":{seen}}},"type":"identify","messageId":"{message_id}","event":"",'
        f'"traits":{compact(traits)},'
    )


@cache
def campaign_context(campaign: Campaign) -> str:
    """The member that the library makes of the `utm_` parameters in an address."""
    named = {"name": campaign.name, "source": campaign.source, "medium": campaign.medium}
    return f',"campaign":{compact(named)}'


@cache
def seen_page(
    root: str, path: str, title: str, referrer: str, campaign: Campaign | None = None
) -> str:
    """A page as a JSON object; a link of a campaign says so in its address."""
    search = _search(campaign) if campaign else ""
    domain = referrer.split("/")[2] if "/" in referrer else ""
    return compact(
        {
            "path": path,
            "title": f"{title} | Acme Learning",
            "search": search,
            "url": f"{root}{path}{search}",
            "referrer": referrer,
            "referring_domain": domain,
        }
    )


def _search(campaign: Campaign) -> str:
    return "?" + urlencode(
        {
            "utm_source": campaign.source,
            "utm_medium": campaign.medium,
            "utm_campaign": campaign.name,
        }
    )


def dated(at: int, sent: int, received: int) -> int:
    """`timestamp`, RudderStack's own estimate: the sender's time and how long the way was."""
    return received - sent + at


def arrived(body: str, at: int, sent: int, received: int, ip: str) -> str:
    """The whole line."""
    return (
        f'{body}"originalTimestamp":"{iso(at)}","sentAt":"{iso(sent)}",'
        f'"receivedAt":"{iso(received)}","timestamp":"{iso(dated(at, sent, received))}",'
        f'"request_ip":"{ip}"}}\n'
    )
