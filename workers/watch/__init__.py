"""What processes tell of themselves, and what is made of it for who watches."""
