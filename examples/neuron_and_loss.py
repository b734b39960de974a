"""The neuron and its loss, as Parr & Howard derive them in sections 5 and 6.

"The Matrix Calculus You Need For Deep Learning", arXiv:1802.01528. Every line that the
paper derives by hand is asked of matcalc, and printed.
"""

import numpy as np

import matcalc

NEURON = "w, x: vector(n); b: scalar"
BATCH = "X: matrix(N, n); y: vector(N); w: vector(n); b: scalar"


def show(title: str, text: str, wrt: str, where: str) -> matcalc.Derivative:
    """Print one derivative, with the places where it does not exist."""
    derivative = matcalc.diff(text, wrt, where)
    print(f"{title}: ∂/∂{wrt} [{text}]:  {derivative}")
    for note in derivative.notes:
        print(f"    {note.message}")
    return derivative


def section_5() -> None:
    """The gradient of the neuron activation."""
    print("5  The gradient of neuron activation")
    show("affine function", "w·x + b", "w", NEURON)
    show("affine function", "w·x + b", "b", NEURON)
    show("activation", "max(0, z)", "z", "z: scalar")
    by_weights = show("chain rule", "max(0, w·x + b)", "w", NEURON)
    by_bias = show("chain rule", "max(0, w·x + b)", "b", NEURON)
    assert str(by_weights) == "[w·x + b > 0]*x'"
    assert str(by_bias) == "[w·x + b > 0]"


def section_6() -> None:
    """The gradient of the neural network loss function."""
    print("\n6  The gradient of the loss")
    error = "v = y - max(0, w·x + b); v^2"
    show("one sample", error, "w", NEURON + "; y: scalar")
    loss = "sum(i = 1..N, (y[i] - max(0, w·X[i,:]' + b))^2)/N"
    by_weights = show("all samples", loss, "w", BATCH)
    by_bias = show("all samples", loss, "b", BATCH)
    descend(matcalc.parse(loss, BATCH), by_weights, by_bias)


def descend(
    loss: matcalc.Formula, by_weights: matcalc.Derivative, by_bias: matcalc.Derivative
) -> None:
    """Follow the gradient: w becomes w - η ∂C/∂w, as at the end of section 6."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(50, 3))
    targets = np.maximum(0, features @ [1.0, -2.0, 0.5] + 0.25)
    weights, bias = np.full(3, 0.1), 0.1
    losses = []
    for _ in range(400):
        at = {"X": features, "y": targets, "w": weights, "b": bias}
        losses.append(float(loss.evaluate(**at)))
        weights = weights - 0.1 * by_weights.evaluate(**at)[0]
        bias = bias - 0.1 * float(by_bias.evaluate(**at))
    print(f"gradient descent: the loss falls from {losses[0]:.3f} to {losses[-1]:.6f}")
    assert losses[-1] < 1e-3 * losses[0]


if __name__ == "__main__":
    section_5()
    section_6()
