"""A stand-in as a program: it serves the company of a directory until somebody interrupts."""

import base64
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from demo.answer import Call
from demo.faults import FAULTS
from demo.standin import StandIn


def serve(service: type[StandIn], what: str, secret: str) -> None:
    """Read the command line, say where the service is, and answer."""
    name = f"python -m demo.{service.FILE.removesuffix('.json')}"
    parser = ArgumentParser(name, description=f"Serve {what}")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--password", required=True, help=secret)
    _add_troubles(parser)
    asked = vars(parser.parse_args())
    stand_in = service(asked.pop("directory"), faults=dict(asked.pop("fault")), **asked)
    print(stand_in.url, flush=True)
    stand_in.serve()


def _add_troubles(parser: ArgumentParser) -> None:
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer")
    parser.add_argument("--limit", type=int, help="requests per second, the others get 429")
    faults = ", ".join(FAULTS)
    parser.add_argument(
        "--fault", type=_fault, action="append", default=[], metavar="N=FAULT", help=faults
    )


def _fault(text: str) -> tuple[int, str]:
    number, _, fault = text.partition("=")
    if not number.isdecimal() or fault not in FAULTS:
        raise ArgumentTypeError(f"{text!r}: wanted a request's number, =, and one of the faults")
    return int(number), fault


def basic(call: Call) -> tuple[str, str]:
    """Login and password of basic authentication, both empty where there is none."""
    try:
        scheme, credentials = call.headers.get("authorization", "").split()
        login, _, password = base64.b64decode(credentials).decode().partition(":")
    except ValueError:
        return "", ""
    return (login, password) if scheme.lower() == "basic" else ("", "")
