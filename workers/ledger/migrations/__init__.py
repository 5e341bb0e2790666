"""The ledger's schema, revision by revision; an applied revision never changes again."""
