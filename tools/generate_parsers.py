"""Write the LALR tables of grammar/*.lark to matcalc/syntax/generated.

Lark works the tables out here, once, so that matcalc need not import it: that alone
would take longer than to differentiate most formulas. Run after every change of a grammar:

    python tools/generate_parsers.py
"""

from __future__ import annotations

import re
from pathlib import Path
from pprint import pformat
from typing import Any

from lark import Lark
from lark.lexer import PatternStr
from lark.parsers.lalr_analysis import Shift

ROOT = Path(__file__).resolve().parent.parent
GRAMMARS = ROOT / "grammar"
GENERATED = ROOT / "matcalc" / "syntax" / "generated"
NAMES = ("formula", "declarations", "latex")

HEADER = '''"""The LALR tables of grammar/{name}.lark; written by tools/generate_parsers.py."""

from matcalc.syntax.automaton import Table

TABLE = Table(
    pattern={pattern!r},
    ignored={ignored!r},
    keywords={keywords!r},
    rules={rules},
    states={states},
)
'''


def generate(name: str) -> str:
    """Return the text of the module that holds the tables of one grammar."""
    text = (GRAMMARS / f"{name}.lark").read_text(encoding="utf-8")
    lark = Lark(text, parser="lalr", lexer="basic", keep_all_tokens=True)
    table = lark.parser.parser._parse_table

    words = [re.compile(t.pattern.to_regexp()) for t in lark.terminals if t.name == "NAME"]
    keywords = {
        t.pattern.value: t.name
        for t in lark.terminals
        if isinstance(t.pattern, PatternStr) and any(w.fullmatch(t.pattern.value) for w in words)
    }
    terminals = sorted(
        (t for t in lark.terminals if t.name not in keywords.values() and t.pattern.value),
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    pattern = "|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals)

    for row in table.states.values():
        for action, rule in row.values():
            if action is not Shift and not rule.alias and len(rule.expansion) != 1:
                raise SystemExit(f"{name}.lark: an alternative of {rule.origin.name} has no alias")
    numbers = _in_order_of_reach(table)
    used = {rule for row in table.states.values() for act, rule in row.values() if act is not Shift}
    rules = sorted({_entry(rule) for rule in used})
    states: list[dict[str, int]] = [
        {
            str(symbol): numbers[target] if action is Shift else ~rules.index(_entry(target))
            for symbol, (action, target) in table.states[state].items()
        }
        for state in numbers
    ]
    states[numbers[table.end_states["start"]]]["$END"] = 0
    return HEADER.format(
        name=name,
        pattern=pattern,
        ignored=tuple(sorted(lark.ignore_tokens)),
        keywords=keywords,
        rules=pformat(tuple(rules), width=96),
        states=pformat(tuple(states), width=96, sort_dicts=True),
    )


def _entry(rule: Any) -> tuple[str, str, int]:
    return (str(rule.alias or ""), str(rule.origin.name), len(rule.expansion))


def _in_order_of_reach(table: Any) -> dict[int, int]:
    """Number the states as they are reached from the start, so that runs give equal text."""
    numbers = {table.start_states["start"]: 0}
    for state in (queue := [*numbers]):
        for _, (action, target) in sorted(table.states[state].items()):
            if action is Shift and target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
    return numbers


def main() -> None:
    """Write all generated modules."""
    for name in NAMES:
        (GENERATED / f"{name}.py").write_text(generate(name), encoding="utf-8")


if __name__ == "__main__":
    main()
