"""How a call of a model can end badly, in our words."""

from __future__ import annotations


class CallFailed(Exception):
    """A call that gave no usable answer. What was used until then is known or estimated, never free.

    `code`: `rate_limited`, `overloaded`, `provider_error`, `unreachable`, `refused`, `cut`, `malformed`,
    `wrong_model`, `cancelled`, `timeout`; without a call: `provider_down`, `limit_reached`, `limits_unavailable`.
    `retryable`: trying again may help.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        input_tokens: int = 0,
        output_tokens: int = 0,
        text: str = "",
    ) -> None:
        super().__init__(detail or code)
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.text = text
