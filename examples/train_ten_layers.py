"""A network of ten layers reads handwritten digits: derived, emitted as NumPy, trained.

Nine layers with a ReLU and one with a softmax, whose cross-entropy is the loss. One function
returns the loss and its twenty gradients. Needs scikit-learn, which brings the images.
"""

from training.digits import CLASSES, Network, report

LAST = 10


def layers() -> str:
    """Return the program whose rows A_i are the outputs of layer i, and Z of the last."""
    program, before = [], "X"
    for i in range(1, LAST):
        program.append(f"A_{i} = relu({before}*W_{i}' + ones(N)*b_{i}')")
        before = f"A_{i}"
    return "; ".join([*program, f"Z = {before}*W_{LAST}' + ones(N)*b_{LAST}'"])


def weights() -> str:
    """Return the declarations of all parameters: layer i has d_i outputs."""
    return "; ".join(
        [f"W_{i}: matrix(d_{i}, d_{i - 1}); b_{i}: vector(d_{i})" for i in range(1, LAST + 1)]
    )


NETWORK = Network(
    outputs=f"{layers()}; Z",
    loss=f"{layers()}; -sum(Y .* log_softmax(Z, axis=1))/N",
    where=f"{weights()}; X: matrix(N, d_0); Y: matrix(N, d_{LAST})",
    sizes=[64] * LAST + [CLASSES],
)


def main() -> None:
    """Print the loss, its gradients as one program, the size of the code, and train."""
    print(NETWORK.loss.replace("; ", "\n"))
    gradients = NETWORK.gradients()
    print(gradients)
    products = gradients.code(value_and=True).count(" @ ")
    print(f"loss and {len(gradients)} gradients in one function: {products} matrix products")
    report(NETWORK)


if __name__ == "__main__":
    main()
