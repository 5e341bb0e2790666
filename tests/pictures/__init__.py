"""Pictures of the mails, taken in a real browser."""
