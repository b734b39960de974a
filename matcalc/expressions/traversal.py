"""The one way to walk a graph of nodes: iteratively, each node once, arguments first."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Set
from typing import Any, TypeVar

from matcalc.limits import spend

Item = TypeVar("Item")
Node = TypeVar("Node")
Result = TypeVar("Result")


def postorder(roots: Iterable[Node], children: Callable[[Node], Iterable[Node]]) -> list[Node]:
    """Return every node reachable from the roots once, after all of its children.

    >>> tree = {"+": ("a", "*"), "*": ("a", "b")}
    >>> postorder(["+"], lambda node: tree.get(node, ()))
    ['a', 'b', '*', '+']
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(list(children(node))))
    spend(len(order))
    return order


def run(task: Generator[Any, Any, Result]) -> Result:
    """Run a generator that yields sub-generators in place of calling itself.

    `result = yield task(child)` reads like recursion and uses no call stack.

    >>> def depth(tree):
    ...     deepest = 0
    ...     for branch in tree:
    ...         deepest = max(deepest, (yield depth(branch)))
    ...     return 1 + deepest
    >>> run(depth([[], [[]]]))
    3
    """
    stack: list[Generator[Any, Any, Any]] = [task]
    value: Any = None
    failure: BaseException | None = None
    while True:
        try:
            child = stack[-1].throw(failure) if failure else stack[-1].send(value)
            value = failure = None
            stack.append(child)
            spend()
        except StopIteration as stop:
            value, failure = stop.value, None
            stack.pop()
            if not stack:
                return value  # type: ignore[no-any-return]
        except Exception as error:
            failure = error
            stack.pop()
            if not stack:
                raise


def connected(items: Iterable[Item], labels: Callable[[Item], Set[Hashable]]) -> list[list[Item]]:
    """Return the items in groups that are joined by labels which they share.

    >>> connected(["ab", "cd", "be"], frozenset)
    [['cd'], ['ab', 'be']]
    """
    groups: list[tuple[Set[Hashable], list[Item]]] = []
    for item in items:
        joined, members = labels(item), [item]
        rest = []
        for known, others in groups:
            if known & joined:
                joined, members = joined | known, others + members
            else:
                rest.append((known, others))
        groups = [*rest, (joined, members)]
    return [members for _, members in groups]
