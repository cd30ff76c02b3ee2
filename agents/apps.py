from __future__ import annotations

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "agents"
    default_auto_field = "django.db.models.BigAutoField"
    # Of agents/sql, what the application may call.
    sql_functions = (
        "provider_take(text, uuid, uuid, integer, bigint, integer, bigint, integer, integer, "
        "interval, interval, interval, interval)",
        "provider_leave(uuid, bigint)",
        "provider_obey(text, interval, bigint, interval, bigint, interval)",
        "provider_admit(text, uuid, interval)",
        "provider_observe(text, text, text, uuid, boolean, boolean, integer, integer, real)",
        "provider_unclaim(text, uuid)",
    )

    def ready(self) -> None:
        from agents import events, exports, law_checks, looks, statements, tellers
        from agents.gateway import errors as gateway
        from agents.llm.completing import actions as completing  # noqa: F401 (declares the actions)
        from agents.llm.registry import actions as registry_actions  # noqa: F401
        from agents.llm.registry import (
            key_actions,  # noqa: F401 (declares the actions)
            staff_views,
        )
        from agents.llm.registry.loads import load_shipped
        from agents.llm.routing import actions as routing  # noqa: F401 (declares the actions)
        from agents.pipeline import (
            actions,  # noqa: F401 (declares the actions)
            halting,
            knowing,
            leaving,
            tiles,
        )
        from governance.limits.kinds import EXECUTION, register_limit
        from governance.registry.reference import register_reference

        register_reference(load_shipped)
        staff_views.register()
        register_limit(EXECUTION, r"/api/v2/nova/(query|runs/[^/]+/continue)/?")
        register_limit(EXECUTION, r"/api/v2/llm/complete/?|/v1/(chat/completions|messages)/?")
        register_limit(EXECUTION, r"/[ts]/[^/]+/ask/|/runs/[^/]+/(answer|retry)/")
        events.register()
        exports.register()
        gateway.register()
        halting.register()
        knowing.register()
        leaving.register()
        tellers.register()
        looks.register()
        law_checks.register()
        statements.register()
        tiles.register()
