"""How fast feedsvc indexes, beside Hugo on the same archive."""
