"""Two independent verifiers of the bundle: `verify.py` (Python alone) and `verify.html` (a browser alone).

Both travel inside every bundle and import nothing of this house, so that what checks the proof is not what made it.
"""
