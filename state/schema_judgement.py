"""The tables of the credit controller's judgement: what the second layout lacked, one group for each matter."""

from __future__ import annotations

from typing import Final

# A mail's purpose; everything that is not a level has a key of purpose, subject and occasion.
_PURPOSES: Final = (
    "'level', 'extra', 'thank_you', 'broken_promise', 'confirmation', 'instalment', 'statement', 'digest'"
)

# A CHECK cannot be widened in place. The lines, mails and notes that point here stay as they are: the check of their
# keys is put off until the same rows are back under the same name.
_WIDER_PURPOSES: Final = (
    "PRAGMA defer_foreign_keys = ON",
    "CREATE TEMP TABLE reminders_kept AS SELECT * FROM reminders",
    "DROP TABLE reminders",
    f"""
CREATE TABLE reminders (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  reminder_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ({_PURPOSES})),
  level_id TEXT NOT NULL,
  occasion TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('email', 'provider', 'letter', 'registered_letter', 'call', 'task',
    'text_message')),
  state TEXT NOT NULL CHECK (state IN ('planned', 'awaiting_approval', 'claimed', 'handing_over', 'sent', 'failed',
    'uncertain', 'cancelled', 'expired')),
  generation INTEGER NOT NULL DEFAULT 0,
  live INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
  rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
  earlier_tool INTEGER NOT NULL DEFAULT 0 CHECK (earlier_tool IN (0, 1)),
  planned_on TEXT NOT NULL,
  deadline_on TEXT,
  message_id TEXT NOT NULL,
  approved_by TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  moved_at TEXT NOT NULL,
  retry_at TEXT,
  owner TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 0,
  server TEXT NOT NULL DEFAULT '',
  sha256 TEXT NOT NULL DEFAULT '',
  sent_on TEXT,
  sent_at TEXT,
  bounced_at TEXT,
  recipients TEXT NOT NULL DEFAULT '',
  subject TEXT NOT NULL DEFAULT '',
  reply TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  resolution TEXT NOT NULL DEFAULT '' CHECK (resolution IN ('', 'sent', 'again', 'drop')),
  PRIMARY KEY (company_id, reminder_id),
  CHECK ((state = 'sent') = (sent_on IS NOT NULL)),
  CHECK (state NOT IN ('cancelled', 'expired') OR live = 0 OR resolution = 'drop')
) STRICT""",
    "INSERT INTO reminders SELECT * FROM reminders_kept",
    "DROP TABLE reminders_kept",
    "CREATE UNIQUE INDEX reminders_by_id ON reminders (reminder_id)",
    "CREATE UNIQUE INDEX reminders_live_key ON reminders (company_id, key) WHERE live = 1",
    "CREATE INDEX reminders_by_key ON reminders (company_id, key)",
    "CREATE INDEX reminders_by_state ON reminders (company_id, state, planned_on)",
    "CREATE INDEX reminders_of_customer ON reminders (company_id, customer_id)",
)

# tone: how firmly a line's level spoke, so that another plan never speaks less firmly after it. copy_to: the account
# owner who gets a copy once the reminder has left. The indexes answer how
# late a customer paid, and what left on a day.
_TIMING: Final[tuple[str, ...]] = (
    (
        "ALTER TABLE reminder_lines ADD COLUMN tone TEXT NOT NULL DEFAULT '' "
        "CHECK (tone IN ('', 'friendly', 'firm', 'final', 'formal'))"
    ),
    "ALTER TABLE reminders ADD COLUMN copy_to TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX items_paid ON items (company_id, customer_id, settled_on) WHERE settled_by = 'payment'",
    "CREATE INDEX reminders_by_day ON reminders (company_id, sent_on) WHERE sent_on IS NOT NULL",
)

# disputed: the part of an invoice that is contested, NULL for the whole of it. after_sync: the last sync when the hold was
# recorded. received: what had come in when a promise was found broken. end_told_on: the day on which its end was told.
# plan_id: the plan in instalments whose lines are in instalments. payers: who pays for whom in the end; a customer who
# pays for themselves has no row.
_STOPS: Final[tuple[str, ...]] = (
    "ALTER TABLE holds ADD COLUMN disputed INTEGER",
    "ALTER TABLE holds ADD COLUMN credit_note_to_come INTEGER NOT NULL DEFAULT 0 CHECK (credit_note_to_come IN (0, 1))",
    "ALTER TABLE holds ADD COLUMN after_sync INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE holds ADD COLUMN judgment_on TEXT",
    "ALTER TABLE holds ADD COLUMN received INTEGER",
    "ALTER TABLE holds ADD COLUMN plan_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE holds ADD COLUMN end_told_on TEXT",
    "CREATE INDEX holds_of_plan ON holds (company_id, plan_id) WHERE plan_id <> ''",
    """
CREATE TABLE instalments (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  plan_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  due_on TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  PRIMARY KEY (company_id, plan_id, position)
) STRICT""",
    """
CREATE TABLE payers (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  customer_id TEXT NOT NULL,
  payer_id TEXT NOT NULL CHECK (payer_id <> customer_id),
  PRIMARY KEY (company_id, customer_id)
) STRICT""",
    "CREATE INDEX payers_of ON payers (company_id, payer_id)",
)

# What collaborators are told each day. A digest is of no one company, so its company is ''. covers_until: up to when it
# tells of money received. What account owners are told are reminders, whose lines take no level.
_OWNERS: Final[tuple[str, ...]] = (
    """
CREATE TABLE daily_digests (
  company_id TEXT NOT NULL CHECK (company_id = ''),
  email TEXT NOT NULL,
  on_day TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'claimed', 'handing_over', 'sent', 'failed', 'uncertain')),
  generation INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  covers_until TEXT NOT NULL,
  retry_at TEXT,
  error TEXT NOT NULL DEFAULT '',
  moved_at TEXT NOT NULL,
  PRIMARY KEY (company_id, email, on_day)
) STRICT""",
)

# Letters on their way: printed, posted, presented, and the papers that prove it. returned: why it came back, '' for not.
_LETTERS: Final[tuple[str, ...]] = (
    """
CREATE TABLE letters (
  company_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  deadline_days INTEGER,
  posted_on TEXT,
  number TEXT NOT NULL DEFAULT '',
  presented_on TEXT,
  returned TEXT NOT NULL DEFAULT '' CHECK (returned IN ('', 'unclaimed', 'refused', 'unknown_address')),
  PRIMARY KEY (company_id, reminder_id),
  FOREIGN KEY (company_id, reminder_id) REFERENCES reminders (company_id, reminder_id)
) STRICT""",
    """
CREATE TABLE letter_proofs (
  company_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('posting', 'presentation')),
  filename TEXT NOT NULL,
  media_type TEXT NOT NULL,
  content BLOB NOT NULL,
  kept_at TEXT NOT NULL,
  kept_by TEXT NOT NULL,
  PRIMARY KEY (company_id, reminder_id, sha256),
  FOREIGN KEY (company_id, reminder_id) REFERENCES reminders (company_id, reminder_id)
) STRICT""",
)

# business_day: the day that the last run worked for, from which on a confirmation may leave.
_MESSAGES: Final = ("ALTER TABLE companies ADD COLUMN business_day TEXT",)

# What planning still asks for, without touching the tasks of years.
_TASKS: Final = ("CREATE INDEX tasks_wanted ON tasks (company_id, item_id) WHERE origin = 'planning' AND ended = 0",)

THIRD_TABLES: Final = (*_WIDER_PURPOSES, *_TIMING, *_STOPS, *_OWNERS, *_LETTERS, *_MESSAGES, *_TASKS)
