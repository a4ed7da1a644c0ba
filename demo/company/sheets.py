"""How people keep a sheet: amounts as they like, a line twice, a second header, and rubbish.

Of two lines for one key the last counts. `Sheet` remembers, beside the text, which lines mean what.
"""

from dataclasses import dataclass, field
from decimal import Decimal

Key = tuple[str, str]


def people_write(amount: Decimal, way: int) -> str:
    """An amount in one of the ways of people: `1250.00`, `1,250`, `€ 1,250`, `1250`."""
    short = amount.quantize(Decimal("1")) if amount == amount.to_integral() else amount
    return (f"{amount:.2f}", f"{short:,}", f"€ {short:,}", str(short))[way % 4]


@dataclass
class Sheet:
    """A CSV file in the making; lines are numbered from 1."""

    header: tuple[str, ...]
    delimiter: str
    lines: list[str] = field(default_factory=list)
    amounts: dict[Key, str] = field(default_factory=dict)
    superseded_lines: list[int] = field(default_factory=list)
    rubbish_lines: list[int] = field(default_factory=list)
    skipped_lines: list[int] = field(default_factory=list)  # empty, or the header again
    _line_of: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The first line."""
        self.lines.append(self.delimiter.join(self.header))

    def put(self, key: Key, amount: Decimal, way: int = 0) -> None:
        """A line; one before for the same key counts no more."""
        cells = [*key, people_write(amount, way)]
        self.lines.append(self.delimiter.join(map(self._quoted, cells)))
        if key in self._line_of:
            self.superseded_lines.append(self._line_of[key])
        self._line_of[key] = len(self.lines)
        self.amounts[key] = f"{amount:.2f}"

    def leave_empty(self) -> None:
        """A line with nothing in it."""
        self.lines.append("")
        self.skipped_lines.append(len(self.lines))

    def repeat_header(self) -> None:
        """Somebody has pasted two sheets together."""
        self.lines.append(self.delimiter.join(self.header))
        self.skipped_lines.append(len(self.lines))

    def scribble(self, text: str) -> None:
        """A line that means nothing."""
        self.lines.append(text)
        self.rubbish_lines.append(len(self.lines))

    def truth(self) -> dict[str, object]:
        """What the sheet says, for whoever understands it."""
        return {
            "amounts": [[*key, amount] for key, amount in sorted(self.amounts.items())],
            "superseded_lines": sorted(self.superseded_lines),
            "rubbish_lines": self.rubbish_lines,
            "skipped_lines": self.skipped_lines,
        }

    def _quoted(self, cell: str) -> str:
        return f'"{cell}"' if self.delimiter in cell else cell
