"""How a call of a model can end badly, in our words."""

from __future__ import annotations


class CallFailed(Exception):
    """A call that gave no usable answer. What was used until then is known or estimated, never free.

    `code`: `rate_limited`, `overloaded`, `provider_error`, `unreachable`, `refused`, `cut`, `malformed`, `too_much`,
    `wrong_model`, `cancelled`, `timeout`, `refused_address`, `locked`. `retryable`: trying again may help.
    `status`: the HTTP status, 0 without one. `seconds`: of a recording that a provider may have begun to hear.
    Nothing of what the provider wrote is in it: that may quote the prompt.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        status: int = 0,
        input_tokens: int = 0,
        output_tokens: int = 0,
        text: str = "",
    ) -> None:
        super().__init__(detail or code)
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.cache_read_tokens = self.cache_write_5m_tokens = self.cache_write_1h_tokens = 0
        self.usage_estimated = False
        self.seconds = 0
        self.reported_cost: int | None = None
        self.headers: dict[str, str] = {}
        self.model = ""
        self.text = text
