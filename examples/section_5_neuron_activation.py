"""Parr & Howard, section 5: the gradient of neuron activation.

The dot product as the sum of a Hadamard product, then max(0, w·x + b) by w and by b, with
both of its cases.
"""

import matcalc

NEURON = "w, x: vector(n); b: scalar"


def main() -> None:
    """Derive the dot product in full detail, and the activation by weights and bias."""
    print(matcalc.diff("w·x", "w", NEURON).derivation(detail="full"))
    for name in ("w", "b"):
        print(matcalc.diff("max(0, w·x + b)", name, NEURON).derivation())


if __name__ == "__main__":
    main()
