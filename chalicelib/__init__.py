"""AINS: an agent registry, task router and cron scheduler on managed AWS parts."""

__version__ = "0.1.0"
