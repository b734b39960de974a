"""Run random formulas for a night: python -m tests.honesty --count 100000 --seed 1."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.honesty.properties import PROPERTIES, outcome


def main() -> int:
    """Run the properties, print what fails as it is found, and a table at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="formulas for each property")
    parser.add_argument("--seed", default=str(time.time_ns()), help="drawn anew by default")
    parser.add_argument("--first", type=int, default=0, help="the first formula's number")
    parser.add_argument("--only", nargs="*", choices=PROPERTIES, default=list(PROPERTIES))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    results = {name: Counter[str]() for name in options.only}
    for k in range(options.first, options.first + options.count):
        for name in options.only:
            found = outcome(name, f"{options.seed}:{k}")
            kind = found if found in ("", "skipped", "refused") else "failed"
            results[name][kind or "held"] += 1
            if kind == "failed":
                print(f"{name} {options.seed}:{k}: {found}", flush=True)
    for name, counts in results.items():
        print(f"{name}: {', '.join(f'{counts[kind]} {kind}' for kind in sorted(counts))}")
    return int(any(counts["failed"] for counts in results.values()))


if __name__ == "__main__":
    sys.exit(main())
