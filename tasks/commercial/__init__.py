"""Jobs of the commercial layer: from lead to contract."""
