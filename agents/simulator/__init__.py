"""The provider simulator: a loopback process that answers like a model provider (design 5.1).

It is a visitor's and a developer's tool: without any key it makes the product usable for a tour, and in
tests it obeys ``#sim`` lines. It never imports Django, knows nothing of what the application keeps, and one
module per wire turns HTTP into the neutral ``Ask`` and ``Turn`` of ``turns``. As one of the eighteen providers
(``faces``) it refuses what that provider refuses, by the data file that ships.
"""
