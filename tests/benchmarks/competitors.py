"""The other ways to the derivative, as calls without arguments: by hand, jitted JAX, torch.func.

JAX and torch are no dependencies: where one cannot be imported, its way is left out.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.benchmarks.problem import Problem
from tests.benchmarks.timing import Call


def ways(problem: Problem) -> dict[str, Call]:
    """Return all ways to the problem's derivative that there are on this machine."""
    values = list(problem.values.values())
    found: dict[str, Call | None] = {
        "hand": lambda: problem.by_hand(*values),
        "emitted": lambda: problem.emitted(**problem.values),
        "jax": in_jax(problem),
        "torch": in_torch(problem),
    }
    return {name: call for name, call in found.items() if call}


def in_jax(problem: Problem) -> Call | None:
    """Return the call of JAX's derivative under jit, of arrays that are on the device."""
    jax = optional("jax")
    if jax is None:
        return None
    jax.config.update("jax_enable_x64", True)
    function = jax.jit(problem.in_jax(jax))
    values = [jax.device_put(value) for value in problem.values.values()]
    return lambda: jax.block_until_ready(function(*values))


def in_torch(problem: Problem) -> Call | None:
    """Return the call of torch.func's derivative, on one thread."""
    torch = optional("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)
    function = problem.in_torch(torch)
    values = [torch.as_tensor(value) for value in problem.values.values()]
    return lambda: function(*values)


def optional(name: str) -> Any:
    """Return the module, or None if it cannot be imported."""
    try:
        return import_module(name)
    except ImportError:
        return None
