"""The code for JAX where a batch lies on several devices; four of the CPU stand for them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

jax.config.update("jax_enable_x64", True)
import matcalc
from matcalc.programs.emission import compiled
from matcalc.programs.answers import differentiable

devices = jax.devices()
assert len(devices) == 4
mesh = Mesh(np.array(devices), ("batch",))
rows, everywhere = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (("batch",), ()))

where = "X: matrix(N, D); W: matrix(D, M); b: vector(M)"
layer = compiled(differentiable(matcalc.parse("tanh(X*W + ones(N)*b')", where), "jax"))
rng = np.random.default_rng(3)
X, W, b = rng.normal(size=(8, 3)), rng.normal(size=(3, 5)), rng.normal(size=5)
placed = [jax.device_put(X, rows), jax.device_put(W, everywhere), jax.device_put(b, everywhere)]

value = jax.jit(layer)(*placed)
assert value.sharding.is_equivalent_to(rows, value.ndim), value.sharding
np.testing.assert_allclose(value, np.tanh(X @ W + b), rtol=1e-12)

def loss(X, W, b):
    return (layer(X, W, b) ** 2).sum()

def plain(X, W, b):
    return (jnp.tanh(X @ W + b) ** 2).sum()

found = jax.jit(jax.grad(loss, (0, 1, 2)))(*placed)
assert found[0].sharding.is_equivalent_to(rows, 2), found[0].sharding
for got, wanted in zip(found, jax.grad(plain, (0, 1, 2))(X, W, b)):
    np.testing.assert_allclose(got, wanted, rtol=1e-10)
one_by_one = jax.vmap(lambda row: layer(row[None], W, b)[0])(placed[0])
np.testing.assert_allclose(one_by_one, value, rtol=1e-12)

gradient = matcalc.gradient("sum(log(1 + exp(-y .* (X*w))))", "w", "X: matrix(N, n); y: vector(N)")
by_w = gradient.compile("jax")
y, w = np.sign(rng.normal(size=8)), rng.normal(size=3)
shared = jax.jit(by_w)(X=placed[0], y=jax.device_put(y, rows), w=w)
np.testing.assert_allclose(shared, gradient.evaluate(X=X, y=y, w=w), rtol=1e-10)
print("agrees")
"""


def test_a_batch_on_several_devices() -> None:
    pytest.importorskip("jax")
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "agrees", run.stderr
