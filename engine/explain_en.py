"""English sentences that explain decisions; engine.explain chooses among them.

Each entry is a list of sentences; a sentence is the first of its variants for which every name in braces is known, or
nothing when none is.
"""

from __future__ import annotations

from typing import Final

CHANNELS: Final = {
    "email": "by e-mail",
    "provider": "through the accounting software",
    "letter": "by letter",
    "registered_letter": "by registered letter",
    "call": "by phone",
    "text_message": "by text message",
    "task": "by a task",
}

LEAD: Final = {
    "late": "Invoice {number} ({customer}): {balance} to pay, due on {due}, {late} overdue.",
    "open": "Invoice {number} ({customer}): {balance} to pay, due on {due}.",
    "credit": "{number} ({customer}): {balance} in the customer's favour.",
}

ASSUMED: Final = "This due date is assumed: the books state none."

REMIND: Final = (
    ('To be reminded on {on} {channel}, level "{level}", for {asked}.', "To be reminded on {on}, for {asked}."),
    (
        'Level "{last_level}" went out on {last_sent}, and the time it gave, until {deadline}, is over.',
        'Level "{last_level}" went out on {last_sent}.',
        "This is the invoice's first level.",
    ),
    ("This customer is chased more slowly: {pace} more for each level, until {pace_until} included.",),
    ("Credits or payments already cover {covered} of it.",),
    ("The customer contests {disputed} of it, which is not asked for.",),
    (
        "The customer had promised {broken_promised} by {broken_promise_on}: only {promise_received} came in.",
        "The customer had promised {broken_promised} by {broken_promise_on}: nothing came in.",
    ),
    ("The instalment plan agreed was not kept, as was found on {instalments_missed_on}.",),
    ("The reminder goes to {payer}, who pays for this customer.",),
    ("A payment, a dispute or a promise recorded before then would stop this reminder.",),
)

HOLDS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "not_due": (
        ('No reminder yet: level "{level}" comes on {until}.', "No reminder yet: no level has been reached."),
        ('Level "{last_level}" went out on {last_sent}.',),
        ("This customer is chased more slowly: {pace} more for each level, until {pace_until} included.",),
        ("That day follows from the due date, the invoice date and the plan; changing them changes it.",),
    ),
    "interval": (
        (
            "Waiting until {until}: this customer was contacted on {last_contact}, and the plan leaves {min_gap_days} days between two contacts.",
            "Waiting until {until}: this customer has just been contacted.",
            "Waiting: this customer has just been contacted.",
        ),
        (
            'Level "{level}" leaves on the first sending day after that; min_gap_days in the plan sets the interval.',
            "The reminder leaves after that; min_gap_days in the plan sets the interval.",
        ),
    ),
    "interval:owner_first": (
        (
            "Waiting until {until} included: {owner}, who owns the account, has known of it since {told_on} and can still step in.",
            "Waiting until {until} included: {owner}, who owns the account, has to be told first.",
            "Waiting: {owner}, who owns the account, has to be told first.",
        ),
        (
            'Level "{level}" leaves on the first sending day after that, unless the reminder is held (relance hold) or taken over (relance take).',
        ),
    ),
    "unseen": (
        (
            "Waiting: the last complete reading of the books no longer shows this invoice, and nothing says that it was paid.",
        ),
        ("It resumes if it comes back to the books; otherwise say what became of it with relance close.",),
    ),
    "deadline_running": (
        (
            'Waiting: the reminder of {last_sent} (level "{last_level}") gives the customer until {deadline} to pay.',
            "Waiting: the last reminder gives the customer until {until} to pay.",
            "Waiting: the time given by the last reminder is still running.",
        ),
        (
            'Level "{level}" follows on the first sending day after that, if nothing is paid.',
            "What comes next follows on the first sending day after that, if nothing is paid.",
        ),
    ),
    "deadline_running:taken": (
        (
            'Waiting until {deadline} included: a person took this customer over on {last_sent}, in place of level "{last_level}".',
            "Waiting until {until} included: a person took this customer over.",
        ),
        (
            'Level "{level}" follows on the first sending day after that, if nothing is paid.',
            "What comes next follows on the first sending day after that, if nothing is paid.",
        ),
    ),
    "below_minimum": (
        (
            "No reminder: the total to ask is below the plan's minimum, {minimum}.",
            "No reminder: the total to ask is below the plan's minimum.",
        ),
        ("It comes back when another invoice is added, or when min_balance is lowered in the plan.",),
    ),
    "covered_by_credit": (
        (
            "No reminder: this invoice is covered in full by {credits}.",
            "No reminder: the customer's credits cover what they owe.",
        ),
        ("Allocate the credit in the books to settle both; if the credit goes, the reminders resume.",),
    ),
    "covered_by_credit:credit": (
        ("A credit note is never asked for: it reduces the invoice it names, else the customer's oldest ones.",),
        ("It leaves this list once it is allocated in the books.",),
    ),
    "payment_to_allocate": (
        ("Waiting: a payment that was received and not allocated covers what would be asked.",),
        ("Allocate it to an invoice in the books: what is then left will be reminded.",),
    ),
    "payment_to_allocate:formal": (
        ("The formal notice waits: a credit or a payment of this customer is not allocated yet.",),
        ("Allocate it in the books: a formal notice must ask for the exact sum.",),
    ),
    "payment_to_allocate:credit": (
        ("A payment received is never asked for: it waits to be allocated to an invoice.",),
        ("Allocate it in the books.",),
    ),
    "dispute": (
        ("Reminders paused: a dispute is recorded{by} ({reason}).", "Reminders paused: a dispute is recorded{by}."),
        ("It is about {disputed}; the rest of the invoice is paid or covered.",),
        ("It runs until {until} included.",),
        ("Once it is settled, relance release resumes at the next level.",),
    ),
    "dispute:credit_note_to_come": (
        (
            "Reminders paused: a credit note of {disputed} is to come ({reason}).",
            "Reminders paused: a credit note of {disputed} is to come.",
            "Reminders paused: a credit note is to come ({reason}).",
            "Reminders paused: a credit note is to come.",
        ),
        ("It is awaited until {until} included.",),
        ("This ends by itself when the credit note comes into the books; relance release ends it earlier.",),
    ),
    "promise": (
        (
            "Reminders paused: the customer has promised {promised} by {promised_on}.",
            "Reminders paused: the customer has promised to pay by {promised_on}.",
            "Reminders paused: the customer has promised to pay.",
        ),
        ("The promise is judged after {until}, on books up to date.",),
        ("Kept, it ends the matter; otherwise the reminders resume at the next level and mention it.",),
    ),
    "instalments": (
        (
            "Reminders paused: an instalment plan is agreed{by} ({reason}).",
            "Reminders paused: an instalment plan is agreed{by}.",
        ),
        ("The next instalment is {next_amount} on {next_on}; it is judged after {until}, on books up to date.",),
        (
            "If the plan is not kept, the reminders resume at the next level and a task says so; relance release ends it earlier.",
        ),
    ),
    "hold": (
        ("Reminders paused{by}: {reason}.", "Reminders paused{by}."),
        ("The hold runs until {until} included.", "It lasts until someone lifts it."),
        ("relance release lifts it earlier.",),
    ),
    "hold:written_off": (
        (
            "No more reminders: this invoice is written off{by} ({reason}).",
            "No more reminders: this invoice is written off{by}.",
        ),
        ("relance release brings it back.",),
    ),
    "hold:stopped": (
        (
            "No more reminders: it was decided to stop chasing this invoice{by} ({reason}).",
            "No more reminders: it was decided to stop chasing this invoice{by}.",
        ),
        ("relance release brings it back.",),
    ),
    "hold:opening_line": (
        (
            "No reminder: this is an opening-balance line without an invoice number, which the customer could not recognise.",
        ),
        ("Find the original invoice; with its number in the books, it will be reminded.",),
    ),
    "hold:uncertain_reminder": (
        (
            "Waiting: it is not known whether reminder {reminder} arrived, and it is never sent again blindly.",
            "Waiting: it is not known whether the last reminder arrived.",
        ),
        ("Look in the mailbox, then relance resolve: sent, again or drop.",),
    ),
    "do_not_contact": (
        ('No reminder: this customer is marked "do not contact".',),
        ("The customer's record (relance customer) lifts this mark.",),
    ),
    "insolvency": (
        (
            "No reminder: insolvency proceedings are recorded for this customer{by} ({reason}).",
            "No reminder: insolvency proceedings are recorded for this customer{by}.",
        ),
        (
            "The invoice is from before the judgment of {judgment_on}: it is no longer chased.",
            "Debts from before the judgment are no longer chased.",
        ),
        (
            "In France the claim is filed within two months of the publication in the BODACC (four from abroad or overseas): relance tasks gives the day.",
        ),
    ),
    "direct_debit": (
        (
            "No reminder: this customer pays by direct debit or by a card on file, and you collect the money yourselves.",
        ),
        ("If a payment is rejected, a task will say so.",),
    ),
    "direct_debit:debit_rejected": (
        (
            "No reminder: this customer pays by direct debit or by card, but the payment of {returned} was taken back; we saw it on {returned_on}.",
        ),
        ("Collect it again, or change the customer's payment method (relance customer): reminders then leave.",),
    ),
    "factored": (
        (
            "No reminder: this invoice was assigned to a factor{by} ({reason}).",
            "No reminder: this invoice was assigned to a factor{by}.",
        ),
        ("The factor collects it; relance release takes it back if it returns to you.",),
    ),
    "intercompany": (
        ("No reminder: this customer belongs to the same group{by}.",),
        ("relance release lifts this rule for them.",),
    ),
    "handed_over": (
        (
            "No more reminders: the matter is in other hands{by} ({reason}).",
            "No more reminders: the matter is in other hands (a lawyer, an agency or an enforcement officer){by}.",
        ),
        ("Every contact goes through them; relance release takes it back only if it returns to you.",),
    ),
    "no_address": (
        (
            'No reminder: this customer has no e-mail address for level "{level}".',
            "No reminder: this customer has no e-mail address.",
        ),
        ("Add one in the books or with relance customer: the reminder leaves with the next run.",),
    ),
    "address_failed": (
        (
            "Waiting: the customer's address does not work, and reminder {reminder} could not leave.",
            "Waiting: the customer's e-mail address does not work.",
        ),
        ("Ask the customer for a billing contact, correct the address, then take it up again with relance resolve.",),
    ),
    "stale_books": (
        (
            "Waiting: the books that were read are too old ({detail}), and the customer may have paid already.",
            "Waiting: the books that were read are too old, and the customer may have paid already.",
        ),
        ("Provide a fresh export, or sync again.",),
    ),
    "quarantined": (
        (
            "Nothing leaves for this company: the last reading of its books looks wrong ({detail}).",
            "Nothing leaves for this company: the last reading of its books looks wrong.",
        ),
        ("Mend the books and read them again, or accept them as they are with relance accept --quarantine.",),
    ),
    "mode_off": (
        ('Nothing leaves: this company\'s mode is "off".',),
        ("The mode is set in the configuration: preview, redirect, approve or auto.",),
    ),
    "backlog_not_accepted": (
        ("Waiting: the invoices that were already late at the first connection have not been accepted yet.",),
        ("Read relance plan, then relance accept --backlog.",),
    ),
    "too_old": (
        (
            "Waiting for a person: at {late} overdue, more than {limit} days, a first contact does not leave by itself.",
            "Waiting for a person: this invoice is too old for a first contact to leave by itself.",
        ),
        ("relance release lets it be reminded; relance close takes it out of the plan.",),
    ),
    "awaiting_approval": (
        (
            'A reminder at level "{level}" is ready and waits to be approved.',
            "A reminder is ready and waits to be approved.",
        ),
        (
            "Approve it with relance approve {reminder}; after 15 days it is asked again on fresh data.",
            "Approve it with relance approve; after 15 days it is asked again on fresh data.",
        ),
    ),
    "plan_finished": (
        (
            'The plan is finished: its last level, "{last_level}", went out on {last_sent} and the time it gave is over.',
            "The plan is finished: it has no further level for this invoice.",
        ),
        ("It is for you to decide, with relance close: hand it over, write it off, or stop chasing.",),
    ),
    "due_date_assumed": (
        (
            'Waiting: level "{level}" needs a certain due date, and this one is assumed.',
            "Waiting: this level needs a certain due date, and this one is assumed.",
        ),
        ("State the terms agreed with this customer (books.terms.by_customer, or the terms column of its contacts).",),
    ),
    "closed_period": (
        (
            "Waiting until {until} included: the company is closed until then.",
            "Waiting: no sending day is open for a long time to come.",
        ),
        ("Sending days, holidays and closed periods are set in the configuration.",),
    ),
    "cap_reached:company": (
        ("Waiting: this company sends {per_day} reminders a day at most, and {ahead} go before this one.",),
        ("It moves up every day; per_day and ramp, under send, set the number.",),
    ),
    "cap_reached:customer": (
        (
            "Waiting until {until} included: this customer has been contacted {contacts} times in {cap_days} days, the most that the plan allows.",
        ),
        ("The reminder leaves on the first sending day after that; customer_cap, in the plan, sets the number.",),
    ),
    "cap_reached": (
        (
            "Waiting: the number of reminders allowed has been reached ({detail}).",
            "Waiting: the number of reminders allowed has been reached.",
        ),
        ("The reminder leaves with the next run that has room for it.",),
    ),
    "own_reminders": (
        (
            "Nothing leaves: the accounting software already sends reminders of its own ({detail}).",
            "Nothing leaves: the accounting software already sends reminders of its own.",
        ),
        ("Switch them off there, so that the customer is not reminded twice.",),
    ),
    "collecting": (
        ("Waiting: a payment is being collected ({detail}).", "Waiting: a payment is being collected."),
        ("If it fails, the reminders resume; if it succeeds, the invoice is settled.",),
    ),
}

BY: Final = " by {author}"
BLOCK: Final = "Company {company}: {text}"
