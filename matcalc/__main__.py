"""Run the command: `python -m matcalc`."""

import os


def main() -> None:
    """Run the command as a process; an interrupt is silent also while modules are loaded."""
    try:
        from matcalc.cli.main import entry

        entry()
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
