"""AINS: an agent registry, task router and cron scheduler on managed AWS parts."""

import gc

__version__ = "0.1.0"

# A cold start makes some hundred thousand objects that all stay: looking for garbage among them every 700
# costs a fifth of it.
gc.set_threshold(100_000, 10, 10)
