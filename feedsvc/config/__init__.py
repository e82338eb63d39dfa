"""config.yaml and FEEDSVC_ variables -> one frozen `Settings`; the only reader of either.

A fault is told as `config.yaml:12: site.timezone: expected …, found …`; all faults of a file
are told at once.
"""

from feedsvc.config.reading import Given, explain_settings, load_settings
from feedsvc.config.settings import Settings

CONFIG_NAME = "config.yaml"
"""The configuration that is read if it lies in the working directory and none is named."""

__all__ = ["CONFIG_NAME", "Given", "Settings", "explain_settings", "load_settings"]
