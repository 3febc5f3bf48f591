"""Books of a company: one folder a provider, mapping in, nothing of theirs out."""
