"""Parr & Howard, section 4.5.3: the vector chain rule.

The paper's example is the vector [ln(x²), sin(3x)] by the scalar x.
"""

import matcalc


def main() -> None:
    """Derive it, step by step; then a vector by a vector."""
    print(matcalc.diff("[log(x^2); sin(3*x)]", "x", "x: scalar").derivation())
    print(matcalc.diff("sin(A*x)", "x").derivation())


if __name__ == "__main__":
    main()
