"""The two calls around a person's consent: a code becomes tokens, and tokens are given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.oauth import code_form
from connectors.oauth_answers import GrantRefusedError, TokenServiceError, read_tokens
from connectors.oauth_wire import exchange

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.oauth import App, Question, Redirected
    from connectors.oauth_answers import Tokens

# RFC 7009 §2.2: 200 also for a token that is unknown already.
_DONE: Final = frozenset({200, 204})


def redeem(app: App, redirected: Redirected, question: Question, *, now: datetime) -> Tokens:
    """Exchange a code for the first tokens, once.

    Raises GrantRefusedError, AppRefusedError, TokenServiceError, NothingSentError, AnswerLostError: a person asks anew.
    """
    authorization, identity = app.identify()
    form = code_form(app, redirected, question) | identity
    answer = exchange("POST", app.provider.token_url, authorization=authorization, form=form)
    try:
        return read_tokens(answer, app.provider, asked_at=now)
    except GrantRefusedError:
        raise GrantRefusedError(
            f"{app.provider.title} did not take the code: it lives a minute only and works once; and the app at "
            f"{app.provider.title} must have exactly this redirect address: {app.redirect_uri}"
        ) from None


def revoke(app: App, refresh: str) -> None:
    """Give a refresh token back, and with it all that was granted (RFC 7009).

    Raises TokenServiceError, NothingSentError, AnswerLostError where that cannot be known to have happened.
    """
    authorization, identity = app.identify()
    fields = {"token": refresh} | identity
    answer = exchange(
        "POST",
        app.provider.revoke_url,
        authorization=authorization,
        form=None if app.provider.revokes_json else fields,
        document=fields,
    )
    if answer.status not in _DONE:
        raise TokenServiceError(f"{app.provider.title} answered {answer.status}")
