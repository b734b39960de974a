"""The networks of the examples learn to read digits; their gradients are JAX's and torch's."""

import sys
from typing import Any

import numpy as np
import pytest

import matcalc
from tools.update_outputs import EXAMPLES

sys.path.append(str(EXAMPLES))

import train_ten_layers
import train_two_layers
from training.digits import BATCH, GOAL, OPTIMISERS, Network, adam, digits, initial, trained

NETWORKS = {"two layers": train_two_layers.NETWORK, "ten layers": train_ten_layers.NETWORK}
EXACT = {"rtol": 1e-9, "atol": 1e-14}


@pytest.fixture(name="network", params=NETWORKS.values(), ids=NETWORKS)
def _network(request: Any) -> Any:
    return request.param


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_it_reads_the_digits(network: Network, optimiser: str) -> None:
    assert trained(network, optimiser) >= GOAL


def batch(network: Network) -> dict[str, Any]:
    """Return a mini-batch of real images, and parameters whose biases are not zero."""
    rng = np.random.default_rng(1)
    parameters = initial(network.sizes)
    for name in network.parameters:
        parameters[name] += rng.normal(0, 0.1, parameters[name].shape)
    images, _ = digits()
    return {"X": images.X[:BATCH], "Y": images.Y[:BATCH], **parameters}


def emitted(network: Network, target: str, values: dict[str, Any]) -> list[Any]:
    """Return the loss and the gradients that the emitted code computes."""
    function = network.gradients().compile(target, value_and=True)
    return [np.asarray(value) for value in function(**values)]


def check(found: list[Any], wanted: list[Any]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, **EXACT)


def test_the_gradients_are_those_of_backpropagation_by_hand(network: Network) -> None:
    values = batch(network)
    check(emitted(network, "numpy", values), by_hand(network, **values))


def by_hand(network: Network, X: Any, Y: Any, **parameters: Any) -> list[Any]:
    """Return the loss and the gradients, layer by layer."""
    last = len(network.sizes) - 1
    inputs = [X]
    for i in range(1, last + 1):
        Z = inputs[-1] @ parameters[f"W_{i}"].T + parameters[f"b_{i}"]
        inputs.append(np.maximum(Z, 0))
    if network is train_two_layers.NETWORK:
        loss, back = np.sum((Z - Y) ** 2) / len(X), 2 * (Z - Y) / len(X)
    else:
        softmax = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
        loss, back = -np.sum(Y * np.log(softmax)) / len(X), (softmax - Y) / len(X)
    gradients = []
    for i in range(last, 0, -1):
        gradients += [back.sum(axis=0), back.T @ inputs[i - 1]]
        back = (inputs[i - 1] > 0) * (back @ parameters[f"W_{i}"])
    return [loss, *gradients[::-1]]


def test_the_gradients_are_torch_s(network: Network) -> None:
    torch = pytest.importorskip("torch")
    values = {name: torch.tensor(value) for name, value in batch(network).items()}
    parameters = [values[name].requires_grad_() for name in network.parameters]
    Z = values["X"]
    for W, b in zip(parameters[::2], parameters[1::2], strict=True):
        Z = torch.nn.functional.linear(Z if W is parameters[0] else torch.relu(Z), W, b)
    if network is train_two_layers.NETWORK:
        loss = torch.nn.functional.mse_loss(Z, values["Y"], reduction="sum") / len(Z)
    else:
        loss = torch.nn.functional.cross_entropy(Z, values["Y"])
    wanted = [loss.detach().numpy(), *[g.numpy() for g in torch.autograd.grad(loss, parameters)]]
    check(emitted(network, "numpy", batch(network)), wanted)
    given = {name: value.detach() for name, value in values.items()}
    check(emitted(network, "torch", given), wanted)


def test_the_gradients_are_jax_s(network: Network) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    given = {name: jax.numpy.asarray(value) for name, value in batch(network).items()}

    def loss(parameters: list[Any]) -> Any:
        Z = given["X"]
        for W, b in zip(parameters[::2], parameters[1::2], strict=True):
            Z = (Z if W is parameters[0] else jax.nn.relu(Z)) @ W.T + b
        if network is train_two_layers.NETWORK:
            return jax.numpy.sum((given["Y"] - Z) ** 2) / len(Z)
        return -jax.numpy.sum(given["Y"] * jax.nn.log_softmax(Z, axis=1)) / len(Z)

    value, gradients = jax.value_and_grad(loss)([given[name] for name in network.parameters])
    wanted = [np.asarray(value), *[np.asarray(gradient) for gradient in gradients]]
    check(emitted(network, "numpy", batch(network)), wanted)
    check(emitted(network, "jax", given), wanted)


def test_adam_s_first_step_is_as_long_as_the_rate() -> None:
    """Kingma & Ba, section 2.1: the ratio of the corrected moments is then ±1."""
    parameters = {"x": np.zeros(3)}
    adam(parameters, rate=0.25)({"x": np.array([2.0, -300.0, 0.0])})
    np.testing.assert_allclose(parameters["x"], [-0.25, 0.25, 0.0], rtol=1e-7)


def test_the_steps_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    gradients = rng.normal(size=(20, 5))
    for name, optimiser in (("SGD", torch.optim.SGD), ("Adam", torch.optim.Adam)):
        ours = {"x": np.ones(5)}
        step = OPTIMISERS[name](ours)
        theirs = torch.ones(5, dtype=torch.float64, requires_grad=True)
        other = optimiser([theirs], lr={"SGD": 0.05, "Adam": 0.002}[name])
        for gradient in gradients:
            step({"x": gradient})
            theirs.grad = torch.tensor(gradient)
            other.step()
        np.testing.assert_allclose(ours["x"], theirs.detach(), rtol=1e-12)


def test_the_mini_batch_has_the_mean_of_the_images_gradients() -> None:
    network = train_two_layers.NETWORK
    X, Y, *parameters = (values := batch(network)).values()
    where = f"{train_two_layers.WEIGHTS}; x: vector(n); y: vector(m)"
    of_one = matcalc.gradient(train_two_layers.ONE_IMAGE, network.parameters, where)
    function = of_one.compile(value_and=True)
    given = dict(zip(network.parameters, parameters, strict=True))
    rows = [function(x=x, y=y, **given) for x, y in zip(X, Y, strict=True)]
    means = [np.mean(column, axis=0) for column in zip(*rows, strict=True)]
    check(emitted(network, "numpy", values), means)
