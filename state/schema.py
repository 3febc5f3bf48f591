"""The tables: STRICT, every key begins with the company, amounts in minor units, days and instants as ISO text."""

from __future__ import annotations

from typing import Final

# What the whole installation is; everything else belongs to a company.
_META: Final = "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT"

_COMPANIES: Final = """
CREATE TABLE companies (
  company_id TEXT NOT NULL PRIMARY KEY,
  sender_domain TEXT NOT NULL DEFAULT '',
  backlog_accepted_at TEXT,
  backlog_accepted_by TEXT NOT NULL DEFAULT '',
  quarantine TEXT NOT NULL DEFAULT '[]',
  quarantine_accepted TEXT NOT NULL DEFAULT '[]',
  planning_fingerprint TEXT NOT NULL DEFAULT '',
  sync_no INTEGER NOT NULL DEFAULT 0,
  completed_no INTEGER NOT NULL DEFAULT 0,
  acknowledged_no INTEGER NOT NULL DEFAULT 0,
  sync_complete INTEGER NOT NULL DEFAULT 0 CHECK (sync_complete IN (0, 1)),
  cursor TEXT NOT NULL DEFAULT '',
  synced_at TEXT,
  known_until TEXT,
  file_modified_at TEXT
) STRICT"""

_SYNCS: Final = """
CREATE TABLE syncs (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  sync_no INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  is_full INTEGER CHECK (is_full IN (0, 1)),
  changed INTEGER NOT NULL DEFAULT 0,
  settled INTEGER NOT NULL DEFAULT 0,
  returned INTEGER NOT NULL DEFAULT 0,
  lines INTEGER NOT NULL DEFAULT 0,
  bad_lines TEXT NOT NULL DEFAULT '[]',
  suspicions TEXT NOT NULL DEFAULT '[]',
  remarks TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (company_id, sync_no)
) STRICT"""

# next_action_on is NULL for what waits for a change; '0001-01-01' asks for a look at the next run, whatever the day.
# touched rises with each such request: a decision on what was read before it may not cover it up.
_ITEMS: Final = """
CREATE TABLE items (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  item_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  number TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note', 'payment')),
  issued_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  due_source TEXT NOT NULL CHECK (due_source IN ('stated', 'agreed', 'assumed')),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  total INTEGER NOT NULL,
  balance INTEGER NOT NULL,
  reference TEXT NOT NULL,
  reduces TEXT NOT NULL,
  payment_url TEXT NOT NULL,
  document TEXT NOT NULL,
  is_opening INTEGER NOT NULL CHECK (is_opening IN (0, 1)),
  unseen INTEGER NOT NULL DEFAULT 0 CHECK (unseen IN (0, 1)),
  unseen_no INTEGER NOT NULL DEFAULT 0,
  first_sync_no INTEGER NOT NULL,
  first_seen_on TEXT NOT NULL,
  seen_sync_no INTEGER NOT NULL,
  cycle INTEGER NOT NULL DEFAULT 1,
  age_accepted INTEGER NOT NULL DEFAULT 0 CHECK (age_accepted IN (0, 1)),
  settled_on TEXT,
  settled_by TEXT NOT NULL DEFAULT '' CHECK (settled_by IN ('', 'pending', 'payment', 'credit_note', 'void')),
  settled_times INTEGER NOT NULL DEFAULT 0,
  returned_times INTEGER NOT NULL DEFAULT 0,
  thanked_on TEXT,
  next_action_on TEXT,
  touched INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (company_id, item_id)
) STRICT"""

# What a sync saw of money: 'pending' until the sync is complete and every new credit note is known; 'allocated' is
# credit used, 'returned' a payment taken back (negative).
_PAYMENTS: Final = """
CREATE TABLE observed_payments (
  company_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  sync_no INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('pending', 'payment', 'credit_note', 'allocated', 'returned')),
  seen_on TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (company_id, item_id, sync_no, source),
  FOREIGN KEY (company_id, item_id) REFERENCES items (company_id, item_id)
) STRICT"""

# The books' own facts; what was imported or set by a person lies over them in customer_settings and survives any sync.
_CUSTOMERS: Final = """
CREATE TABLE customers (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  customer_id TEXT NOT NULL,
  name TEXT NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (company_id, customer_id)
) STRICT"""

_SETTINGS: Final = """
CREATE TABLE customer_settings (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  customer_id TEXT NOT NULL,
  layer TEXT NOT NULL CHECK (layer IN ('import', 'person')),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  author TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (company_id, customer_id, layer, key)
) STRICT"""

_CONTACTS: Final = """
CREATE TABLE contacts (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  customer_id TEXT NOT NULL,
  layer TEXT NOT NULL CHECK (layer IN ('books', 'import', 'person')),
  position INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('billing', 'director', 'other')),
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (company_id, customer_id, layer, position)
) STRICT"""

# An address that failed stays failed whoever lists it, until a person sets it again.
_FAILED: Final = """
CREATE TABLE failed_addresses (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  address TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (company_id, address)
) STRICT"""

# given_to is the target that the person named: a promise of a customer is kept as one for each open invoice.
_HOLDS: Final = """
CREATE TABLE holds (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  hold_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('hold', 'dispute', 'promise', 'instalments', 'insolvency', 'factored',
    'intercompany', 'handed_over', 'written_off', 'stopped')),
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  item_id TEXT,
  customer_id TEXT CHECK (item_id IS NULL OR customer_id IS NULL),
  given_to TEXT NOT NULL CHECK (given_to IN ('item', 'customer', 'company')),
  until TEXT,
  promised_on TEXT CHECK ((kind = 'promise') = (promised_on IS NOT NULL)),
  promised INTEGER,
  balance_then INTEGER,
  currency TEXT,
  broken_on TEXT,
  released_at TEXT,
  released_by TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'released', 'replaced', 'kept', 'broken')),
  PRIMARY KEY (company_id, hold_id),
  FOREIGN KEY (company_id, item_id) REFERENCES items (company_id, item_id)
) STRICT"""

# live: takes part in the unique key of its lines. key is what the Message-ID hashes; sequence tells re-planned ones apart.
_REMINDERS: Final = """
CREATE TABLE reminders (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  reminder_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('level', 'extra', 'thank_you')),
  level_id TEXT NOT NULL,
  occasion TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('email', 'provider', 'letter', 'registered_letter', 'call', 'task')),
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
) STRICT"""

_LINES: Final = """
CREATE TABLE reminder_lines (
  company_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  item_id TEXT NOT NULL,
  number TEXT NOT NULL,
  level_id TEXT NOT NULL,
  level_offset INTEGER NOT NULL,
  cycle INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
  live INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
  left_notice INTEGER NOT NULL DEFAULT 0 CHECK (left_notice IN (0, 1)),
  currency TEXT NOT NULL,
  asked INTEGER NOT NULL,
  balance INTEGER NOT NULL,
  PRIMARY KEY (company_id, reminder_id, position),
  FOREIGN KEY (company_id, reminder_id) REFERENCES reminders (company_id, reminder_id),
  FOREIGN KEY (company_id, item_id) REFERENCES items (company_id, item_id)
) STRICT"""

# How often a level of an item was freed for another sending.
_ATTEMPTS: Final = """
CREATE TABLE attempts (
  company_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  level_id TEXT NOT NULL,
  cycle INTEGER NOT NULL,
  rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
  attempt INTEGER NOT NULL,
  PRIMARY KEY (company_id, item_id, level_id, cycle, rehearsal)
) STRICT"""

_FROZEN: Final = """
CREATE TABLE frozen_mails (
  company_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  content BLOB NOT NULL,
  frozen_at TEXT NOT NULL,
  PRIMARY KEY (company_id, reminder_id, sha256),
  FOREIGN KEY (company_id, reminder_id) REFERENCES reminders (company_id, reminder_id)
) STRICT"""

_NOTES: Final = """
CREATE TABLE notes (
  company_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('todo', 'claimed', 'noted', 'failed')),
  created_at TEXT NOT NULL,
  PRIMARY KEY (company_id, reminder_id),
  FOREIGN KEY (company_id, reminder_id) REFERENCES reminders (company_id, reminder_id)
) STRICT"""

_DECISIONS: Final = """
CREATE TABLE decisions (
  company_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  latest INTEGER NOT NULL CHECK (latest IN (0, 1)),
  as_of TEXT NOT NULL,
  at TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('remind', 'hold')),
  level_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  reason TEXT NOT NULL,
  until TEXT,
  planned_on TEXT,
  currency TEXT NOT NULL,
  asked INTEGER NOT NULL,
  held INTEGER NOT NULL,
  covered INTEGER NOT NULL,
  facts TEXT NOT NULL,
  PRIMARY KEY (company_id, item_id, sequence),
  FOREIGN KEY (company_id, item_id) REFERENCES items (company_id, item_id)
) STRICT"""

_EVENTS: Final = """
CREATE TABLE events (
  company_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  customer_id TEXT,
  item_id TEXT,
  reminder_id TEXT,
  author TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (company_id, sequence)
) STRICT"""

# ended: planning no longer asks for it, so that the same situation may be asked for anew.
_TASKS: Final = """
CREATE TABLE tasks (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  facts TEXT NOT NULL DEFAULT '[]',
  ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),
  customer_id TEXT,
  item_id TEXT,
  message_id TEXT,
  due_on TEXT,
  opened_at TEXT NOT NULL,
  closed_at TEXT,
  closed_by TEXT NOT NULL DEFAULT '',
  origin TEXT NOT NULL DEFAULT 'person' CHECK (origin IN ('person', 'planning')),
  PRIMARY KEY (company_id, key)
) STRICT"""

_INDEXES: Final = (
    "CREATE INDEX items_due ON items (company_id, next_action_on, customer_id) WHERE next_action_on IS NOT NULL",
    "CREATE INDEX items_of_customer ON items (company_id, customer_id)",
    "CREATE INDEX items_by_number ON items (number, company_id)",
    "CREATE INDEX items_by_id ON items (item_id, company_id)",
    "CREATE INDEX payments_pending ON observed_payments (company_id, sync_no) WHERE source IN ('pending', 'allocated')",
    "CREATE INDEX holds_of_item ON holds (company_id, item_id) WHERE released_at IS NULL",
    "CREATE INDEX holds_of_customer ON holds (company_id, customer_id) WHERE released_at IS NULL",
    "CREATE UNIQUE INDEX reminders_by_id ON reminders (reminder_id)",
    "CREATE UNIQUE INDEX reminders_live_key ON reminders (company_id, key) WHERE live = 1",
    "CREATE INDEX reminders_by_key ON reminders (company_id, key)",
    "CREATE INDEX reminders_by_state ON reminders (company_id, state, planned_on)",
    "CREATE INDEX reminders_of_customer ON reminders (company_id, customer_id)",
    (
        "CREATE UNIQUE INDEX lines_live ON reminder_lines (company_id, item_id, level_id, cycle, attempt, rehearsal) "
        "WHERE live = 1"
    ),
    "CREATE INDEX lines_of_item ON reminder_lines (company_id, item_id)",
    "CREATE UNIQUE INDEX decisions_latest ON decisions (company_id, item_id) WHERE latest = 1",
    "CREATE INDEX events_of_item ON events (company_id, item_id) WHERE item_id IS NOT NULL",
    "CREATE INDEX events_of_reminder ON events (company_id, reminder_id) WHERE reminder_id IS NOT NULL",
    "CREATE UNIQUE INDEX tasks_of_message ON tasks (message_id) WHERE message_id IS NOT NULL",
    "CREATE INDEX tasks_of_customer ON tasks (company_id, customer_id) WHERE origin = 'planning'",
    "CREATE INDEX tasks_open ON tasks (company_id, opened_at) WHERE closed_at IS NULL",
)

FIRST_TABLES: Final = (
    _META,
    _COMPANIES,
    _SYNCS,
    _ITEMS,
    _PAYMENTS,
    _CUSTOMERS,
    _SETTINGS,
    _CONTACTS,
    _FAILED,
    _HOLDS,
    _REMINDERS,
    _LINES,
    _ATTEMPTS,
    _FROZEN,
    _NOTES,
    _DECISIONS,
    _EVENTS,
    _TASKS,
    *_INDEXES,
)

# version: an item's stamp in the books; reconciled_at: the last sync that showed every open item; notes_on: where the
# company's books take notes; next_sync_at: when the service looks again, NULL for at once.
_SECOND_COLUMNS: Final = (
    "ALTER TABLE items ADD COLUMN version TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE companies ADD COLUMN reconciled_at TEXT",
    "ALTER TABLE companies ADD COLUMN notes_on TEXT NOT NULL DEFAULT 'nothing'",
    "ALTER TABLE companies ADD COLUMN next_sync_at TEXT",
    "ALTER TABLE companies ADD COLUMN failed_syncs INTEGER NOT NULL DEFAULT 0",
)

# Until now every reminder left a note to write, and no books took any: there is nothing to carry over.
# tried: the call was about to be made once, and nothing said for certain that it was not carried out.
_NOTES_OF_ITEMS: Final = """
CREATE TABLE notes (
  company_id TEXT NOT NULL,
  reminder_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('todo', 'claimed', 'noted', 'failed')),
  tried INTEGER NOT NULL DEFAULT 0 CHECK (tried IN (0, 1)),
  attempts INTEGER NOT NULL DEFAULT 0,
  retry_at TEXT,
  error TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  noted_at TEXT,
  PRIMARY KEY (company_id, reminder_id, item_id),
  FOREIGN KEY (company_id, reminder_id) REFERENCES reminders (company_id, reminder_id)
) STRICT"""

# Money that the books themselves allocate to an invoice; it may be told before the invoice is.
_PAYMENTS_TOLD: Final = """
CREATE TABLE payments (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  payment_id TEXT NOT NULL,
  item_id TEXT NOT NULL,
  paid_on TEXT NOT NULL,
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  amount INTEGER NOT NULL,
  undone INTEGER NOT NULL CHECK (undone IN (0, 1)),
  sync_no INTEGER NOT NULL,
  PRIMARY KEY (company_id, payment_id)
) STRICT"""

_CALLS: Final = """
CREATE TABLE calls (
  company_id TEXT NOT NULL PRIMARY KEY REFERENCES companies (company_id),
  day TEXT NOT NULL,
  made INTEGER NOT NULL,
  calls_left INTEGER,
  parked_until TEXT,
  parked_because TEXT NOT NULL DEFAULT ''
) STRICT"""

# What was fetched for one version of an item; content by its hash, once.
_FETCHED: Final = """
CREATE TABLE fetched (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  item_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('document', 'payment_url')),
  version TEXT NOT NULL,
  value TEXT NOT NULL,
  filename TEXT NOT NULL DEFAULT '',
  fetched_at TEXT NOT NULL,
  PRIMARY KEY (company_id, item_id, kind)
) STRICT"""

_CONTENTS: Final = """
CREATE TABLE contents (
  company_id TEXT NOT NULL REFERENCES companies (company_id),
  sha256 TEXT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (company_id, sha256)
) STRICT"""

SECOND_TABLES: Final = (
    *_SECOND_COLUMNS,
    "DROP TABLE notes",
    _NOTES_OF_ITEMS,
    _PAYMENTS_TOLD,
    _CALLS,
    _FETCHED,
    _CONTENTS,
    "CREATE INDEX notes_open ON notes (company_id, created_at) WHERE state IN ('todo', 'claimed')",
    "CREATE INDEX payments_of_item ON payments (company_id, item_id)",
    # What the end of every sync asks, answered without touching the items that were settled long ago.
    "CREATE INDEX items_open ON items (company_id, currency, balance, unseen, unseen_no) WHERE balance <> 0",
    "CREATE INDEX items_settling ON items (company_id) WHERE settled_by = 'pending'",
)
