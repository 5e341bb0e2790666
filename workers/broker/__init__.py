"""How Celery speaks with its broker, and what it accepts from it."""
