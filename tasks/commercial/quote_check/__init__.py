"""Opportunities and quotations that are incomplete, wrong or slow: what is this job's alone."""
