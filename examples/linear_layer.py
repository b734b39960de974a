"""Backpropagation through layers without their Jacobians.

After Johnson, "Derivatives, Backpropagation, and Vectorization" (2017): the linear layer
Y = X*W, with the size of the Jacobian that its backward pass never writes out; then the
ReLU layer and the affine layer over a minibatch.
"""

import math

import matcalc

LINEAR = "X: matrix(N, D); W: matrix(D, M); G: matrix(N, M)"
SIZES = {"N": 64, "D": 4096, "M": 4096}
BYTES = 4  # of a float32


def linear_layer() -> None:
    """Derive both gradients, and say what the Jacobian by X would take."""
    for name in ("X", "W"):
        print(matcalc.vjp("X*W", wrt=name, upstream="G", where=LINEAR).derivation())
    jacobian = matcalc.diff("X*W", wrt="X", where=LINEAR)
    entries = math.prod(SIZES[dimension] for dimension in jacobian.shape)
    sizes = ", ".join(f"{name} = {size}" for name, size in SIZES.items())
    print(f"At {sizes} the Jacobian ∂Y/∂X has {entries:,} entries,")
    print(
        f"{entries * BYTES / 2**30:,.0f} GiB in float32; the product with it needs none of them.\n"
    )


def minibatch() -> None:
    """Derive the ReLU layer, and the affine layer by all of its arguments."""
    print(matcalc.vjp("max(0, X)", "X", "G", "X, G: matrix(N, M)").derivation())
    affine = "X*W + ones(N)*b'"
    where = f"{LINEAR}; b: vector(M)"
    for name in ("X", "W", "b"):
        print(matcalc.vjp(affine, name, "G", where).derivation())


if __name__ == "__main__":
    linear_layer()
    minibatch()
