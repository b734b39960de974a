"""Least squares: gradient, Hessian, and the one Newton step that solves it."""

import numpy as np

import matcalc

LOSS = "norm2(A*x - y)^2 + λ*norm2(x)^2"
WHERE = "A: matrix(m, n); x: vector(n); y: vector(m); λ: scalar"


def main() -> None:
    """Print the derivatives, take a Newton step, and check that the gradient is zero there."""
    gradient = matcalc.gradient(LOSS, "x", WHERE)
    hessian = matcalc.hessian(LOSS, "x", WHERE)
    print(f"loss      {LOSS}")
    print(f"gradient  {gradient}")
    print(f"Hessian   {hessian}")

    rng = np.random.default_rng(2)
    given = {"A": rng.normal(size=(20, 4)), "y": rng.normal(size=20), "λ": 0.5}
    start = np.zeros(4)
    slope = gradient.evaluate(**given, x=start)
    curvature = hessian.evaluate(**given, x=start)
    solution = start - np.linalg.solve(curvature, slope)
    at_solution = np.abs(gradient.evaluate(**given, x=solution)).max()
    print(f"after one Newton step the gradient is zero: {at_solution < 1e-12}")
    assert at_solution < 1e-12


if __name__ == "__main__":
    main()
