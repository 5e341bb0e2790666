"""How much the fleet itself costs beside bare Celery with the same settings."""
