"""Parr & Howard, section 4.5.2: the single-variable total-derivative chain rule.

Where x reaches the result on several paths, the derivatives along them add up: x + x²,
sin(x + x²) and x·x².
"""

import matcalc


def main() -> None:
    """Derive the paper's three, step by step."""
    for formula in ("x + x^2", "sin(x + x^2)", "x*x^2"):
        print(matcalc.diff(formula, "x", "x: scalar").derivation())


if __name__ == "__main__":
    main()
