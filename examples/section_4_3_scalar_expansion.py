"""Parr & Howard, section 4.3: derivatives involving scalar expansion.

A scalar that is added to a vector, or multiplies it, acts on every entry: the Jacobian by
the vector is diagonal, that by the scalar a vector.
"""

import matcalc

WHERE = "x: vector(n); z: scalar"


def main() -> None:
    """Print the results of section 4.3, and one derivation."""
    for formula in ("x + z", "x*z"):
        for name in ("x", "z"):
            print(f"∂({formula})/∂{name} = {matcalc.diff(formula, name, WHERE)}")
    print()
    print(matcalc.diff("x*z", "z", WHERE).derivation())


if __name__ == "__main__":
    main()
