"""The ledger's contract, run on SQLite and on a real PostgreSQL."""
