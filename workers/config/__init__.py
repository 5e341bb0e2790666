"""What an operator sets, checked at start."""
