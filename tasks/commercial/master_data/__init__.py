"""Customers and projects that stand twice, and codes that do not fit: what is this job's alone."""
