"""Events in: what tells of records that changed, and the runs that look at them."""
