"""Proofs and measures of CHE·NU; README.md says which row of the goals each command stands for."""
