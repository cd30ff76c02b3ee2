"""The language of an answer: this device's cookie, else what the browser asks for, else the default.

A signed-in person's own choice is applied by the door, where the person is known. Also here:
API paths answer without their final slash, without a redirect.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware

from governance.access.public import is_for_programs


class LanguageMiddleware(LocaleMiddleware):
    """Django's, with the API's final slash added before anything looks at the path."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:  # type: ignore[override]
        if is_for_programs(request.path_info) and not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        return super().process_request(request)
