"""Parr & Howard, section 4.2: derivatives of vector element-wise binary operators.

"The Matrix Calculus You Need For Deep Learning", arXiv:1802.01528. The Jacobian of
w + x, w - x, w .* x and w ./ x by either operand is a diagonal matrix.
"""

import matcalc

VECTORS = "w, x: vector(n)"


def main() -> None:
    """Print the table of section 4.2, and one derivation."""
    for formula in ("w + x", "w - x", "w .* x", "w ./ x"):
        for name in ("w", "x"):
            print(f"∂({formula})/∂{name} = {matcalc.diff(formula, name, VECTORS)}")
    print()
    print(matcalc.diff("w .* x", "w", VECTORS).derivation())


if __name__ == "__main__":
    main()
