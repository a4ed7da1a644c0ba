"""The example's sources and what is staged of them, and Freshdesk beside them; nothing above."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from tests.conftest import ROOT

FRESHDESK = {
    "sql/src/freshdesk.yaml": """
        source: Freshdesk
        kind: http
        connection: freshdesk
        pager: freshdesk_tickets
        promised_freshness: 1 hour
        objects:
          tickets:  {path: /api/v2/tickets, params: {include: stats}, overlap: 10 minutes}
          agents:   {path: /api/v2/agents, pager: freshdesk_pages}
          contacts: {path: /api/v2/contacts, pager: freshdesk_pages}
    """,
    "sql/stg/freshdesk/stg_freshdesk_tickets.yaml": """
        grain: one row per ticket
        key: ticket_id
        newest_by: updated_at
        deleted_when: deleted
        columns:
          ticket_id:  {type: text}
          subject:    {type: text, optional: true}
          status:     {type: text}
          deleted:    {type: boolean, optional: true}
          created_at: {type: timestamptz}
          updated_at: {type: timestamptz}
    """,
    "sql/stg/freshdesk/stg_freshdesk_tickets.sql": """
        select
            record ->> 'id' as ticket_id,
            record ->> 'subject' as subject,
            record ->> 'status' as status,
            record ->> 'deleted' as deleted,
            record ->> 'created_at' as created_at,
            record ->> 'updated_at' as updated_at
        from src_freshdesk.tickets
    """,
    "sql/stg/freshdesk/stg_freshdesk_agents.yaml": """
        grain: one row per agent
        key: agent_id
        newest_by: updated_at
        columns:
          agent_id:   {type: text}
          name:       {type: text, optional: true}
          updated_at: {type: timestamptz}
    """,
    "sql/stg/freshdesk/stg_freshdesk_agents.sql": """
        select
            record ->> 'id' as agent_id,
            record #>> '{contact,name}' as name,
            record ->> 'updated_at' as updated_at
        from src_freshdesk.agents
    """,
    "sql/stg/freshdesk/stg_freshdesk_contacts.yaml": """
        grain: one row per contact
        key: contact_id
        newest_by: updated_at
        columns:
          contact_id: {type: text}
          name:       {type: text, optional: true}
          updated_at: {type: timestamptz}
    """,
    "sql/stg/freshdesk/stg_freshdesk_contacts.sql": """
        select
            record ->> 'id' as contact_id,
            record ->> 'name' as name,
            record ->> 'updated_at' as updated_at
        from src_freshdesk.contacts
    """,
}
# Words of a file and others in their place, a whole new file, or None where it goes.
Changes = Mapping[str, Mapping[str, str] | str | None]


def begin(folder: Path) -> Path:
    """Writes the project below a folder; returns the folder."""
    for part in ("src", "stg"):
        shutil.copytree(ROOT / "sql" / part, folder / "sql" / part)
    shutil.copy(ROOT / "sql" / "project.yaml", folder / "sql")
    change(folder, FRESHDESK)
    return folder


def change(folder: Path, changes: Changes) -> None:
    """Changes files of the project, as a deployment does."""
    for name, said in changes.items():
        path = folder / name
        if said is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(said).lstrip() if isinstance(said, str) else _with(path, said))


def _with(path: Path, words: Mapping[str, str]) -> str:
    text = path.read_text()
    for old, new in words.items():
        assert old in text, f"{path} does not say {old!r}"
        text = text.replace(old, new)
    return text
