"""How fast feedsvc indexes, beside Hugo on the same archive. See README.md here."""
