"""The suite and the demo on other days: at named instants, with clocks that go on ticking."""
