"""What ends the demo without success, in words for whoever started it."""


class DemoError(RuntimeError):
    """Says what was found, what was wanted and what to do; no traceback helps further."""
