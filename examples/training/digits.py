"""What both training examples share: the images, the optimisers, the training, the accuracy."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits

import matcalc

CLASSES = 10
HELD_OUT = 360  # of 1,797 images, a fifth
BATCH = 32
EPOCHS = 40
GOAL = 0.95

Array = np.ndarray[Any, np.dtype[np.float64]]
Parameters = dict[str, Array]
Step = Callable[[Parameters], None]


class Network(NamedTuple):
    """A network as formulas of X, Y and its parameters W_i, b_i; the widths of its layers."""

    outputs: str
    loss: str
    where: str
    sizes: list[int]

    @property
    def parameters(self) -> list[str]:
        return list(initial(self.sizes))

    def gradients(self) -> matcalc.Derivatives[str]:
        """Return the gradients of the loss by all parameters."""
        return matcalc.gradient(self.loss, self.parameters, self.where)


class Images(NamedTuple):
    """Images of 8 × 8 pixels, one a row, and what each shows, one-hot."""

    X: Array
    Y: Array


def digits(seed: int = 0) -> tuple[Images, Images]:
    """Return the images to train on and those held out.

    After Alpaydin & Kaynak, "Optical Recognition of Handwritten Digits" (1998), as scikit-learn
    brings it. Pixels are brought from 0..16 to 0..1.
    """
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    X, Y = pixels[order] / 16, np.eye(CLASSES)[labels[order]]
    return Images(X[HELD_OUT:], Y[HELD_OUT:]), Images(X[:HELD_OUT], Y[:HELD_OUT])


def initial(sizes: list[int], seed: int = 0) -> Parameters:
    """Return W_i of normal numbers with variance 2/inputs, and b_i = 0, of each layer.

    He, Zhang, Ren & Sun, "Delving Deep into Rectifiers" (ICCV 2015), equation 10.
    """
    rng = np.random.default_rng(seed)
    parameters = {}
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes), 1):
        parameters[f"W_{i}"] = rng.normal(0, np.sqrt(2 / inputs), (outputs, inputs))
        parameters[f"b_{i}"] = np.zeros(outputs)
    return parameters


def sgd(parameters: Parameters, rate: float) -> Step:
    """Return the step of stochastic gradient descent; it moves the parameters in place."""

    def step(gradients: Parameters) -> None:
        for name, gradient in gradients.items():
            parameters[name] -= rate * gradient

    return step


def adam(
    parameters: Parameters,
    rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Step:
    """Return the step of Adam; it moves the parameters in place.

    Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015), algorithm 1.
    """
    first = {name: np.zeros_like(value) for name, value in parameters.items()}
    second = {name: np.zeros_like(value) for name, value in parameters.items()}
    times = itertools.count(1)

    def step(gradients: Parameters) -> None:
        t = next(times)
        for name, gradient in gradients.items():
            first[name] = beta1 * first[name] + (1 - beta1) * gradient
            second[name] = beta2 * second[name] + (1 - beta2) * gradient**2
            mean, variance = first[name] / (1 - beta1**t), second[name] / (1 - beta2**t)
            parameters[name] -= rate * mean / (np.sqrt(variance) + epsilon)

    return step


OPTIMISERS: dict[str, Callable[[Parameters], Step]] = {
    "SGD": lambda parameters: sgd(parameters, rate=0.05),
    "Adam": lambda parameters: adam(parameters, rate=0.002),
}


def trained(network: Network, optimiser: str, seed: int = 0) -> float:
    """Train a network on mini-batches; return the share of held-out images that it reads."""
    loss_and_gradients = network.gradients().compile(value_and=True)
    learnt, held_out = digits(seed)
    parameters = initial(network.sizes, seed)
    step = OPTIMISERS[optimiser](parameters)
    rng = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        order = rng.permutation(len(learnt.X))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            _, *gradients = loss_and_gradients(X=learnt.X[rows], Y=learnt.Y[rows], **parameters)
            step(dict(zip(parameters, gradients, strict=True)))
    outputs = matcalc.parse(network.outputs, network.where).compile()
    return accuracy(outputs(X=held_out.X, **parameters), held_out.Y)


def accuracy(outputs: Array, Y: Array) -> float:
    """Return the share of rows whose largest output is where the one of Y is."""
    return float(np.mean(outputs.argmax(axis=1) == Y.argmax(axis=1)))


def report(network: Network) -> None:
    """Train by each optimiser from the same start, and print whether the goal is reached.

    The accuracies go to the error stream, since their last digits differ between machines.
    """
    for optimiser in OPTIMISERS:
        reached = trained(network, optimiser)
        print(f"{optimiser}: reads {reached:.1%} of the held-out images", file=sys.stderr)
        print(
            f"{optimiser}, {EPOCHS} epochs: reads at least {GOAL:.0%} of the"
            f" {HELD_OUT} held-out images: {reached >= GOAL}"
        )
