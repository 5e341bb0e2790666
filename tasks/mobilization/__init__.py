"""Jobs of the mobilization layer: from contract to work."""
