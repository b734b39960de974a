"""The Greek letters, and how they are spelt out."""

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
        "sigma tau upsilon phi chi psi omega".split(),
        strict=True,
    )
)
VARIANTS = {"ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi", "ϖ": "pi", "ϱ": "rho", "ς": "sigma",
            "ϰ": "kappa"}  # fmt: skip
SPELLED = GREEK | VARIANTS | {k.upper(): v.capitalize() for k, v in GREEK.items()}

# Words for single letters; lam and eps because lambda is a word of Python.
WORDS = frozenset(
    [*GREEK.values(), *(v.capitalize() for v in GREEK.values()), "lam", "eps"]
    + ["varepsilon", "vartheta", "varphi", "varpi", "varrho", "varsigma", "varkappa"]
)
