"""Measurements that pass or fail; run them all with `python -m bench`."""
