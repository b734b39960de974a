"""Parr & Howard, section 4.5.1: the single-variable chain rule.

The paper's own two: sin(x²), and ln(sin(x³)²), which goes through three intermediate
variables.
"""

import matcalc


def main() -> None:
    """Derive both, step by step."""
    for formula in ("sin(x^2)", "log(sin(x^3)^2)"):
        print(matcalc.diff(formula, "x", "x: scalar").derivation())


if __name__ == "__main__":
    main()
