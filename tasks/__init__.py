"""What we look for: jobs and the pure domain they judge by."""
