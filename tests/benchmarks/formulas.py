"""Formulas that grow: networks, sums, products and chains of any length."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle, islice
from typing import NamedTuple


class Question(NamedTuple):
    """A formula, what to derive it by, and its declarations."""

    text: str
    wrt: list[str]
    where: str


class Family(NamedTuple):
    """Formulas of one kind, and the sizes at which their growth is measured."""

    name: str
    question: Callable[[int], Question]
    sizes: tuple[int, ...]


FUNCTIONS = ("sin", "cos", "tanh", "exp", "sigmoid")


def numbered(name: str, count: int) -> list[str]:
    return [f"{name}_{k}" for k in range(1, count + 1)]


def parameters(layers: int) -> Question:
    """Return what a network is derived by: all weights and biases, and the input."""
    weights, biases = numbered("W", layers), numbered("b", layers)
    where = f"{', '.join(weights)}: matrix(n, n); {', '.join(biases)}, x, y: vector(n)"
    return Question("", [*weights, *biases, "x"], where)


def network(layers: int) -> Question:
    text = "x"
    for k in range(1, layers + 1):
        text = f"tanh(W_{k}*{text} + b_{k})"
    return parameters(layers)._replace(text=f"norm2({text} - y)^2")


def network_program(layers: int) -> Question:
    lines, before = [], "x"
    for k in range(1, layers + 1):
        lines.append(f"z_{k} = W_{k}*{before} + b_{k}; a_{k} = tanh(z_{k})")
        before = f"a_{k}"
    return parameters(layers)._replace(text="; ".join([*lines, f"norm2({before} - y)^2"]))


def sum_of_sines(terms: int) -> Question:
    names = numbered("c", terms)
    text = " + ".join(f"{name}*sin(x)" for name in names)
    return Question(text, ["x"], f"{', '.join(names)}: scalar; x: vector(n)")


def sum_of_products(terms: int) -> Question:
    names = numbered("a", terms)
    text = " + ".join(f"{name}'*x" for name in names)
    return Question(text, ["x"], f"{', '.join(names)}, x: vector(n)")


def trace_of_product(factors: int) -> Question:
    names = numbered("A", factors)
    return Question(f"tr({'*'.join(names)})", names, f"{', '.join(names)}: square(n)")


def middle_of_product(factors: int) -> Question:
    names = numbered("A", factors)
    middle = names[factors // 2]
    return Question("*".join(names), [middle], f"{', '.join(names)}: square(n)")


def product_between_vectors(factors: int) -> Question:
    names = numbered("A", factors)
    where = f"{', '.join(names)}: square(n); a, b: vector(n)"
    return Question(f"a'*{'*'.join(names)}*b", names, where)


def chain(length: int) -> str:
    functions = list(islice(cycle(FUNCTIONS), length))
    return f"{'('.join(functions)}(x{')' * length}"


def scalar_chain(length: int) -> Question:
    return Question(chain(length), ["x"], "x: scalar")


def vector_chain(length: int) -> Question:
    return Question(f"sum({chain(length)})", ["x"], "x: vector(n)")


LAYERS = (100, 200, 500, 1000)
TERMS = (1000, 2000, 5000, 10000)
FACTORS = (50, 100, 200, 300)
LENGTHS = (500, 1000, 2000, 5000)

FAMILIES = (
    Family("network, by all", network, LAYERS),
    Family("network as a program, by all", network_program, LAYERS),
    Family("sum of c_k*sin(x), by x", sum_of_sines, TERMS),
    Family("sum of a_k'*x, by x", sum_of_products, TERMS),
    Family("trace of a product, by all", trace_of_product, FACTORS),
    Family("product, by its middle", middle_of_product, FACTORS),
    Family("a'*product*b, by all", product_between_vectors, FACTORS),
    Family("chain of functions, scalar", scalar_chain, LENGTHS),
    Family("sum of a chain, vector", vector_chain, LENGTHS),
)
