from __future__ import annotations

from django.apps import AppConfig


class ThreadsConfig(AppConfig):
    name = "threads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.ledger.names import register_account_names
        from governance.uow import react_to
        from threads import crossing, exports, looks, remembering, tiles
        from threads.actions import decisions, lifecycle, messages  # noqa: F401 (declares the actions)
        from threads.budgets import follow_cap, names

        crossing.register()
        exports.register()
        looks.register()
        remembering.register()
        tiles.register()
        react_to("budget", follow_cap)
        register_account_names("thread", names)
