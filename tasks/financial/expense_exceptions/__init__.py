"""The job `expense_exceptions`: what is its alone."""
