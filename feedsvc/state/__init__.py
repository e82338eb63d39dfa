"""What feedsvc has to remember and can't make again from the articles; apart from the index."""
