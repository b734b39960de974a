"""Parr & Howard, section 4.4: vector sum reduction."""

import matcalc

WHERE = "x: vector(n); z: scalar"


def main() -> None:
    """Derive sum(x) by x, and sum(x*z) by both."""
    print(matcalc.diff("sum(x)", "x", WHERE).derivation())
    for name in ("x", "z"):
        print(matcalc.diff("sum(x*z)", name, WHERE).derivation())


if __name__ == "__main__":
    main()
