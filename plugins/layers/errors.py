"""What can go wrong, told to the person who has to do something about it.

Every message is complete by itself: what was found, what was wanted, what to do. Nothing here
imports anything, so DAG files may name these classes in their retry policies.
"""


class LayersError(Exception):
    """Something that trying again does not mend; `str()` is the whole message."""


class ProjectError(LayersError):
    """A contract, query or declaration is wrong; the message names the file."""


class DataError(LayersError):
    """Data broke a promise of a contract: a key, a limit, a rule that fails its layer."""


class SourceError(LayersError):
    """A source refused us or sent what cannot be read: a wrong token, an unknown address."""


class WarehouseError(LayersError):
    """The warehouse refused us: a wrong password, a role or schema that is not there."""


class NoConnectionError(WarehouseError):
    """Nobody has made the Airflow connection that was asked for."""


class TemporaryError(Exception):
    """Something that passes by itself: a rate limit, a lost connection, a full disk."""
