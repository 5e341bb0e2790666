"""The languages that people are written to in."""
