"""Backpropagation through two layers: all gradients in one pass, checked by differences."""

import numpy as np

import matcalc

LOSS = "h = relu(W*x + b); o = V*h + c; norm2(o - y)^2"
WHERE = "W: matrix(k, n); b: vector(k); V: matrix(m, k); c: vector(m); x: vector(n); y: vector(m)"


def main() -> None:
    """Print the gradients and compare each with central differences."""
    gradients = matcalc.gradient(LOSS, ["W", "b", "V", "c"], WHERE)
    for name, gradient in gradients.items():
        print(f"∂L/∂{name}:  {gradient}")

    rng = np.random.default_rng(3)
    shapes = {"W": (4, 3), "b": (4,), "V": (2, 4), "c": (2,), "x": (3,), "y": (2,)}
    point = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    loss = matcalc.parse(LOSS, WHERE)
    for name, gradient in gradients.items():
        direction = rng.normal(size=shapes[name])
        step = 1e-6
        ahead = loss.evaluate(**{**point, name: point[name] + step * direction})
        behind = loss.evaluate(**{**point, name: point[name] - step * direction})
        slope = float(np.sum(gradient.evaluate(**point) * direction))
        agrees = bool(np.isclose(slope, float(ahead - behind) / (2 * step), rtol=1e-6))
        print(f"{name} agrees with differences: {agrees}")
        assert agrees


if __name__ == "__main__":
    main()
