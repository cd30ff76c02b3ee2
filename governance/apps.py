from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.access import accounts  # noqa: F401 (connects the sign-in signal)
        from governance.checkpoints import actions as checkpoints  # noqa: F401 (declares the actions)
        from governance.checkpoints import editing  # noqa: F401
        from governance.isolation import checks  # noqa: F401 (registers the system checks)
        from governance.orders import actions as orders  # noqa: F401
        from governance.outbox import actions as outbox  # noqa: F401
        from governance.people import actions as people  # noqa: F401
