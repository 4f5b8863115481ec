"""The groups of the command line, one file a subject; `__main__` puts them together."""
