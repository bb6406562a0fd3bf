"""The database: one engine, its transactions, its tables, its migrations.

In: a database URL. Out: `Database`, whose transactions every `store.py`, `directory.py` and `log.py` is handed.
Tables are described here and read and written by one owner each, which is not here.
May import: errors.
"""
