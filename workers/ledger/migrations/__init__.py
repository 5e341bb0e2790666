"""The ledger's schema, revision by revision; an applied one never changes, none goes back."""
