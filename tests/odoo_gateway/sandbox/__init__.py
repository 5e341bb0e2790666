"""The sandbox by itself: its schema, its switches, its firm and its server."""
