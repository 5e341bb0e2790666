"""How mails look."""
