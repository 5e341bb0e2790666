"""How processes run: settings, the ledger, the Celery app, delivery and the `fleet` command."""
