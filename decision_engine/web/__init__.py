"""The page door: the same commands and queries as the JSON door, rendered for people (Jinja, htmx)."""
