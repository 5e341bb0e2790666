"""What must hold of an order before it is invoiced: read for all jobs that ask it, and judged."""
