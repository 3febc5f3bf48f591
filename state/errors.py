"""What can go wrong in the store, each told to the user with what to do."""

from __future__ import annotations

from engine.errors import RelanceError


class StoreError(RelanceError):
    """Base of the store's errors."""


class NewerDatabaseError(StoreError):
    """A newer version of Relance wrote this database; install that version, or restore the backup made before it."""


class NotADatabaseError(StoreError):
    """The file is not a Relance database, or it is damaged; restore a backup."""


class DamagedCopyError(StoreError):
    """The copy that was just made does not pass SQLite's integrity check; the backup was not kept."""


class OutsideTransactionError(StoreError):
    """A write was asked for outside a unit of work: a mistake of the program, nothing was written."""


class StaleSyncError(StoreError):
    """Another sync of this company has begun since; this one may write nothing more."""


class UnknownItemError(StoreError):
    """The company has no open item of this id."""


class UnknownCustomerError(StoreError):
    """The company has no customer of this id."""


class UnknownReminderError(StoreError):
    """There is no reminder of this id; `relance status` and the worklist list those that wait for a person."""


class WrongStateError(StoreError):
    """The reminder is not in a state in which this can be done."""


class HoldTargetError(StoreError):
    """A hold, dispute or promise needs one clear target, and a promise needs its day."""


class CustomerSettingError(StoreError):
    """This cannot be set on a customer, or not to this value."""


class SenderDomainUnknownError(StoreError):
    """The company has no sender domain yet, so that no Message-ID can be written."""


class EnvelopeMismatchError(StoreError):
    """The envelope is not the reminder's: nothing may leave."""
