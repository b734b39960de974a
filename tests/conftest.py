"""Settings of all tests: random ones draw the same examples in every run, and none is timed."""

from hypothesis import settings

from matcalc.checking import verification

collect_ignore = ["data"]  # some of its derivations are wrong, and meant to be

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("night", deadline=None, max_examples=2000)
settings.load_profile("steady")

verification.SECONDS = 300.0  # on however slow a machine
