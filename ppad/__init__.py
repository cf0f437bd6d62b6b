"""PPAD: datasets of how people paint, and models that judge it.

Importing this package loads nothing heavy and changes nothing in the process; every part is imported from its own module
(`ppad.storage`, `ppad.schema`, `ppad.signals`, …).
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
