"""The ledger: the durable truth of runs, cases, outbox, measures, audit and counters."""
