"""Parr & Howard, section 6: the gradient of the neural network loss function.

The mean over N samples of (y - max(0, w·x + b))², by the weights and by the bias, with the
error term named; then both at once, with w and b stacked to one vector.
"""

import matcalc

BATCH = "X: matrix(N, n); y: vector(N); w: vector(n); b: scalar"
LOSS = "1/N*sum(i = 1..N, (y[i] - max(0, w·X[i,:]' + b))^2)"
STACKED = "w: vector(n); x: vector(n); b: scalar"


def main() -> None:
    """Derive one sample's loss, the loss of all samples, and the combined weights."""
    print(matcalc.diff("(y - max(0, w·x + b))^2", "w", f"{STACKED}; y: scalar").derivation())
    for name in ("w", "b"):
        print(matcalc.diff(LOSS, name, BATCH).derivation(detail="brief"))
    print(matcalc.diff("[w; b]·[x; 1]", "w", STACKED).derivation())
    print(matcalc.diff("v·[x; 1]", "v", "v: vector(n+1); x: vector(n)").derivation())


if __name__ == "__main__":
    main()
