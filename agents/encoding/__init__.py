"""Semantic encoding: the readable, versioned, deterministic statement of what a run will do (design 4.2)."""
