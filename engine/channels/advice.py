"""What a user can do about a mail server's answer: known status codes in plain words."""

from __future__ import annotations

import re

_BY_STATUS = {
    "5.7.139": (
        "Microsoft 365 has password log-in for sending (SMTP AUTH) switched off for this mailbox. An administrator can "
        'allow it (admin centre, the mailbox, Mail, Manage email apps, "Authenticated SMTP"), or set auth: xoauth2'
    ),
    "5.7.30": (
        "Microsoft 365 no longer takes a password for sending (basic authentication was retired). "
        "Set auth: xoauth2 for this mailbox"
    ),
    "5.7.57": "The server wants a log-in before it sends: set username and password under mail.smtp",
    "5.7.60": "This log-in may not send as this address: set mail.from to the mailbox itself, or grant it Send As",
    "5.7.9": "This account needs an app password (or auth: xoauth2): the usual password is not taken for sending",
    "5.7.8": "Check username and password under mail.smtp; many hosts want an app password",
    "5.7.26": "The sender's domain is not authenticated: publish SPF and DKIM (and DMARC) for it",
    "5.7.515": "The sender's domain is not authenticated: publish SPF, DKIM and DMARC for it",
    "5.3.4": "The message is larger than this server takes: attach fewer or smaller documents",
    "5.1.1": "The mailbox does not exist: correct the address",
    "5.2.2": "The customer's mailbox is full: call, or use another address",
}
_BY_CODE = {
    530: "The server wants a log-in before it sends: set username and password under mail.smtp",
    534: "This account needs an app password (or auth: xoauth2): the usual password is not taken for sending",
    535: "Check username and password under mail.smtp; many hosts want an app password",
    552: "The message is larger than this server takes: attach fewer or smaller documents",
}
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def advice(code: int, text: str) -> str:
    """Give a sentence for a reply (code and text), or "" where nothing is known; RFC 3463 status before reply code."""
    for status in _STATUS.findall(text):
        if status in _BY_STATUS:
            return _BY_STATUS[status]
    return _BY_CODE.get(code, "")
