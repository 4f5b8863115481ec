"""decision_engine: the workflow engine of lawful major administrative decisions."""

__version__ = "0.1.0"
