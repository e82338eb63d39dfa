"""config.yaml and FEEDSVC_ variables -> one frozen `Settings`; the only reader of either.

A fault is told as `config.yaml:12: site.timezone: expected …, found …`; all faults of a file
are told at once.
"""

from feedsvc.config.reading import load_settings
from feedsvc.config.settings import Settings

__all__ = ["Settings", "load_settings"]
