"""Files -> articles. Knows nothing of the index, of feeds or of HTTP."""
