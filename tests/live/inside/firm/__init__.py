"""A firm of random people, orders, hours and plans, large enough to hold jobs against SQL."""
