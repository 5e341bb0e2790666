"""Jobs of the financial layer: from work done to money."""
