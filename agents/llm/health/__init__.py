"""How providers are: observed from every call, probed when nobody calls, closed off while they fail (design 5.4)."""
