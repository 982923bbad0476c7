"""How hard Hypothesis tries.

`dev` is quick; `ci` tries more and always the same, so that a red build is never luck; `deep` is for a night.
CI=true chooses `ci`, HYPOTHESIS_PROFILE=deep chooses by name.
"""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ("collectmaking",)

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
