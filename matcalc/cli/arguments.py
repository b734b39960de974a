"""Read a command line by a table of options.

Formulas may begin with a minus sign: what begins with one dash is no option but -h, and
behind -- nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matcalc.errors import MatcalcError, shortened


class Option(NamedTuple):
    """One option: a flag if it has no `metavar`. `join` says how repeated values combine.

    A flag with a `bare` value may have another, behind an equals sign.
    `short` is a letter that stands for it behind one dash.
    """

    name: str
    metavar: str
    help: str
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]] = ()
    default: str = ""
    join: str = ""
    bare: str = ""
    short: str = ""

    def values(self) -> tuple[str, ...]:
        """Return what may be said, looked up only now."""
        return self.choices() if callable(self.choices) else self.choices


class Command(NamedTuple):
    """One command: its operand, its options, and what `--help` says."""

    name: str
    operand: str
    summary: str
    options: tuple[Option, ...]
    examples: tuple[str, ...]


class Arguments(NamedTuple):
    """What a command line says: the operand, if there is one, and every option's value.

    `typed` are the options that were not left at their defaults.
    """

    operand: str | None
    values: dict[str, str]
    typed: frozenset[str] = frozenset()

    def is_given(self, name: str) -> bool:
        """Tell whether a flag was set, or an option given."""
        return name in self.values

    def names(self) -> list[str]:
        """Return the variables to derive by, each once; raise E701 if none is given."""
        if "wrt" not in self.values:
            raise MatcalcError("E701", "the variable to derive by is missing", hint="--wrt x")
        return distinct_names(self.values["wrt"])

    def number(self, name: str) -> int:
        """Return an option's value as a whole number."""
        text = self.values[name]
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            message = f"--{name} takes a whole number, not {shortened(text)}"
            raise MatcalcError("E702", message, hint=f"--{name} 1")
        return int(text)


def read_arguments(command: Command, words: Sequence[str]) -> Arguments:
    """Return what the words behind a command's name say.

    >>> command = Command("diff", "EXPR", "", (Option("wrt", "NAMES", "", join=","),), ())
    >>> read_arguments(command, ["-x'*x", "--wrt=x"])
    Arguments(operand="-x'*x", values={'wrt': 'x'}, typed=frozenset({'wrt'}))
    """
    options = {option.name: option for option in command.options}
    long = {f"-{option.short}": f"--{option.name}" for option in command.options if option.short}
    given: dict[str, list[str]] = {}
    operands: list[str] = []
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        word = long.get(word, word)
        if word == "--":
            operands += reversed(rest)
            break
        if not word.startswith("--"):
            operands.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        option = options.get(name)
        if option is None:
            raise _unknown_option(word, command)
        if option.metavar and not equals:
            if not rest or rest[-1].startswith("--"):
                message = f"--{name} has no value"
                raise MatcalcError("E701", message, hint=f"--{name} {option.metavar}")
            value = rest.pop()
        elif option.bare:
            value = value if equals else option.bare
        elif equals and not option.metavar:
            raise MatcalcError("E701", f"--{name} takes no value")
        given.setdefault(name, []).append(value)
    return Arguments(_only(operands, command), _values(options, given), frozenset(given))


def _only(operands: list[str], command: Command) -> str | None:
    if len(operands) > 1:
        shown = shortened(operands[1])
        message = f"there is one {command.operand} too many: {shown}"
        hint = 'quote the formula: "w·x + b"'
        for option in command.options:
            if option.bare:
                hint = next(
                    (f"--{option.name}={w}" for w in operands if w in option.values()), hint
                )
        raise MatcalcError("E701", message, hint=hint)
    return operands[0] if operands else None


def _values(options: dict[str, Option], given: dict[str, list[str]]) -> dict[str, str]:
    values = {name: option.default for name, option in options.items() if option.default}
    for name, texts in given.items():
        option = options[name]
        if len(texts) > 1 and not option.join and (option.metavar or option.bare):
            raise MatcalcError("E701", f"--{name} is given twice")
        value = option.join.join(texts) if option.join else texts[-1]
        if option.choices and value not in option.values():
            message = f"there is no {name} {shortened(value)}"
            raise MatcalcError("E702", message, hint=", ".join(option.values()))
        values[name] = value
    return values


def _unknown_option(word: str, command: Command) -> MatcalcError:
    from difflib import get_close_matches

    name = word.partition("=")[0][:60]
    known = [f"--{option.name}" for option in command.options] + ["--help"]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"its options are {', '.join(known)}"
    if not name[2:].isidentifier() and not near:
        hint = "put -- before a formula that begins with --"
    return MatcalcError("E701", f"{command.name} has no option {name}", hint=hint)


def unknown_command(word: str, commands: Sequence[str]) -> MatcalcError:
    """Return the error for a word that is no command; say which was probably meant."""
    from difflib import get_close_matches

    near = get_close_matches(word[:60], commands, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"the commands are {', '.join(commands)}"
    if not word.replace("-", "").isalnum():
        hint = 'a formula follows the command: matcalc diff "x\'*x" --wrt x'
    return MatcalcError("E703", f"there is no command {shortened(word)}", hint=hint)


def split_names(text: str) -> list[str]:
    """Return the names in a list of them; the commas within brackets are theirs.

    >>> split_names("w, A[1,2],b")
    ['w', 'A[1,2]', 'b']
    """
    names, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth <= 0:
            names.append("")
        else:
            names[-1] += character
    return [name.strip() for name in names]


def distinct_names(text: str) -> list[str]:
    """Return the names in a list of them, each once.

    >>> distinct_names("w, b, w")
    ['w', 'b']
    """
    return list(dict.fromkeys(split_names(text)))


def usage(command: Command) -> str:
    """Return what `matcalc COMMAND --help` prints."""
    rows = [(_spelled(option), option) for option in command.options]
    width = max(len(spelled) for spelled, _ in rows)
    lines = [f"usage: matcalc {command.name} {command.operand} [options]", "", command.summary, ""]
    for spelled, option in rows:
        choices = f": {', '.join(option.values())}" if option.choices and not option.bare else ""
        default = f" (default: {option.default})" if option.default else ""
        lines.append(f"  {spelled:{width}}  {option.help}{choices}{default}")
    lines += ["", "examples:", *[f"  {example}" for example in command.examples]]
    return "\n".join(lines) + "\n"


def _spelled(option: Option) -> str:
    if option.bare:
        return f"--{option.name}[={'|'.join(option.values())}]"
    return f"--{option.name} {option.metavar}".rstrip()
