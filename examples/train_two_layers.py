"""A network of two layers reads handwritten digits: derived, emitted as NumPy, trained.

The network and the squared loss of Barnett, "Matrix Calculus 3" (LessWrong). Needs scikit-learn,
which brings the images.
"""

from training.digits import CLASSES, Network, report

import matcalc

WEIGHTS = "W_1: matrix(k, n); b_1: vector(k); W_2: matrix(m, k); b_2: vector(m)"

ONE_IMAGE = "sum((y - (W_2*relu(W_1*x + b_1) + b_2))^2)"

LAYERS = "A = relu(X*W_1' + ones(N)*b_1'); O = A*W_2' + ones(N)*b_2'"
NETWORK = Network(
    outputs=f"{LAYERS}; O",
    loss=f"{LAYERS}; sum((Y - O) .^ 2)/N",
    where=f"{WEIGHTS}; X: matrix(N, n); Y: matrix(N, m)",
    sizes=[64, 128, CLASSES],
)
"""The same network for a mini-batch: each row of X is an image, each row of Y its label."""


def main() -> None:
    """Print the gradients of one image's loss and of a mini-batch's, and train."""
    print(f"loss of an image: {ONE_IMAGE}")
    where = f"{WEIGHTS}; x: vector(n); y: vector(m)"
    print(matcalc.gradient(ONE_IMAGE, NETWORK.parameters, where))
    print(f"loss of a mini-batch: {NETWORK.loss}")
    print(NETWORK.gradients())
    report(NETWORK)


if __name__ == "__main__":
    main()
