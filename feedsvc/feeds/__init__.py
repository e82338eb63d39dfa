"""A query -> the bytes of a feed. Knows nothing of files or HTTP."""
