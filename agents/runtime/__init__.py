"""Lane F: the agent loop, its tools and its stop."""
