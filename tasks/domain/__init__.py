"""The words of the domain, pure: no network, database, clock or environment."""
