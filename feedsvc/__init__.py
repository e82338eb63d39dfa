"""feedsvc: RSS, Atom and JSON feeds for each topic and provider of a folder of articles."""

__version__ = "0.1.0"
