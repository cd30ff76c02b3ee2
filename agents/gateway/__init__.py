"""The gateway: an existing OpenAI or Anthropic client speaks to CHE·NU as if it were the provider (design 5.5)."""
