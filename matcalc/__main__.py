"""Run the command: `python -m matcalc`."""

from matcalc.cli.main import entry

if __name__ == "__main__":
    entry()
