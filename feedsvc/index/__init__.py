"""Articles -> something that can be asked. Knows nothing of feeds or HTTP."""
