"""How a database comes from nothing, or from an earlier program, to the tables of `schema.py`: one file a step.

A step only adds: columns that may be empty, tables, indexes. So a program of before goes on beside a newer one, and no
step is ever taken back. Proved, not believed: dumps of a migrated database and of one made from `schema.py` are equal.
"""
