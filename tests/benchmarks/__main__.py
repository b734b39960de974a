"""All benchmarks: python -m tests.benchmarks [--json FILE] [code] [growth] [latency] [startup].

Run it in the root of the repository. JAX and torch come with the extra `benchmark`; the columns
of what cannot be imported are empty.
"""

import argparse
import json
import os
import platform
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SECTIONS = ("code", "growth", "latency", "startup")
PACKAGES = ("numpy", "jax", "torch", "sympy")

ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here")
    options = parser.parse_args()
    unknown = sorted(set(options.sections) - set(SECTIONS))
    if unknown:
        parser.error(f"there is no section {unknown[0]}; there are {', '.join(SECTIONS)}")
    os.environ.update(ONE_THREAD)  # read when NumPy, JAX and torch are imported
    found = {"machine": machine()}
    print(", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    for name in options.sections or SECTIONS:
        section = import_module(f"tests.benchmarks.{name}").run()
        print(f"\n{name}\n\n{section.text}", flush=True)
        found[name] = section.records
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def machine() -> dict[str, str]:
    """Return what the numbers depend on."""
    found = {"Python": platform.python_version(), "processor": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main()
