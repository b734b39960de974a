"""Parser tables, written by tools/generate_parsers.py."""
