"""What strangers' bytes may do to PPAD: nothing but be read, or be refused with a documented code.

A target takes bytes, makes an input of them, and raises where a promise is broken. `test_targets.py` drives them in the tests,
`python -m tests.fuzz` in campaigns that are guided by coverage.
"""
