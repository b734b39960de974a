"""Settings of all tests: random ones draw the same examples in every run."""

from hypothesis import settings

collect_ignore = ["data"]  # some of its derivations are wrong, and meant to be

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("night", deadline=None, max_examples=2000)
settings.load_profile("steady")
