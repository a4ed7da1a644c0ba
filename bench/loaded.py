"""The example company in a warehouse: everything of all its tools loaded, nothing staged yet."""

import os
from contextlib import ExitStack

from demo import backend
from demo.connections import Connections
from demo.hubspot import HubSpot
from demo.zendesk import Zendesk
from layers import load, warehouse
from layers.migrate import migrate
from layers.project import Project


def everything(connections: Connections, project: Project) -> None:
    """Makes roles and schemas, opens the tools for as long as it takes, and loads each object."""
    connections.make_databases()
    backend.fill(connections.backend_dsn, connections.company)
    os.environ.update(connections.environment())
    with warehouse.connect("owner") as owner:
        migrate(owner, project)
    desk = (connections.zendesk, connections.zendesk_port)
    portal = (connections.hubspot, connections.hubspot_port)
    with ExitStack() as opened, warehouse.connect("loader") as loader:
        for tool, (password, port) in ((Zendesk, desk), (HubSpot, portal)):
            opened.enter_context(tool(connections.company, password=password, port=port))
        for source, declaration in project.sources.items():
            for name in declaration.objects:
                load.load(loader, project, source, name, "bench")
