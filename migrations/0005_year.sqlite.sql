-- The coverage year: windows, splits, confirmations, submissions, batches, payments, failures, instant enrolment, totals.

-- A year's file as it was loaded, whole; what is in force is read from it.
CREATE TABLE years (
    year INT PRIMARY KEY NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    version BIGINT NOT NULL,
    loaded_by TEXT NOT NULL,
    loaded_at DATETIME NOT NULL
);

-- A window of a year: one row for all, and one per organization (with all below it) for which it was extended.
CREATE TABLE windows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    name TEXT NOT NULL,
    org_id BIGINT REFERENCES organizations (id),
    opens_at DATETIME NOT NULL,
    closes_at DATETIME NOT NULL,
    -- Grows with each move: what was acted on for an earlier version is acted on anew.
    version BIGINT NOT NULL,
    reason TEXT,
    changed_by TEXT NOT NULL,
    changed_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX windows_once ON windows (year, name, COALESCE(org_id, 0));

-- What was acted on, once per window, version and transition.
CREATE TABLE window_transitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    window_id BIGINT NOT NULL REFERENCES windows (id),
    version BIGINT NOT NULL,
    transition TEXT NOT NULL CHECK (transition IN ('opened', 'closed')),
    due_at DATETIME NOT NULL,
    seen_at DATETIME NOT NULL,
    late_by_s BIGINT NOT NULL,
    done_at DATETIME,
    outcome TEXT,
    UNIQUE (window_id, version, transition)
);
CREATE INDEX window_transitions_open ON window_transitions (due_at) WHERE done_at IS NULL;

-- Reminders: once per window, version and days before the closing; 0 is the morning of the last day. Their mails are unique in the ledger.
CREATE TABLE reminders (
    window_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    days_before INT NOT NULL,
    due_at DATETIME NOT NULL,
    done_at DATETIME,
    outcome TEXT,
    PRIMARY KEY (window_id, version, days_before)
);

-- How a bureau splits what the federation does not pay; the newest row counts, the older ones are history.
CREATE TABLE premium_splits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    plan TEXT NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_at DATETIME NOT NULL
);
CREATE INDEX premium_splits_org ON premium_splits (year, org_id, plan, id);

-- A confirmation can't be withdrawn, so there is nothing but its being there.
CREATE TABLE confirmations (
    person_id BIGINT NOT NULL,
    year INT NOT NULL,
    org_id BIGINT NOT NULL,
    confirmed_by TEXT NOT NULL,
    confirmed_at DATETIME NOT NULL,
    PRIMARY KEY (person_id, year)
);

-- What a clerk decided about somebody whom the calendar alone calls retired; the newest row counts.
CREATE TABLE retirement_decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL,
    year INTEGER NOT NULL,
    org_id BIGINT NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('retired', 'stays')),
    decided_by TEXT NOT NULL,
    decided_at DATETIME NOT NULL
);
CREATE INDEX retirement_decisions_person ON retirement_decisions (person_id, year, id);

-- A unit's enrolment for a year; its figures are those of the version that counts, the one received last.
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    bureau_id BIGINT NOT NULL REFERENCES organizations (id),
    number TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('submitted', 'approved', 'returned', 'finalized', 'effective', 'failed')),
    -- The version that counts.
    version_id BLOB NOT NULL,
    version BIGINT NOT NULL,
    plan TEXT NOT NULL,
    people BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    municipal_fen BIGINT NOT NULL,
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    received_at DATETIME NOT NULL,
    batch_id BIGINT,
    reason_code TEXT,
    reason TEXT,
    reviewed_by TEXT,
    reviewed_at DATETIME,
    submitted_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL,
    UNIQUE (year, org_id)
);
CREATE INDEX submissions_bureau ON submissions (year, bureau_id, status);
CREATE INDEX submissions_batch ON submissions (batch_id);

-- Every submit makes a version, and all are kept.
CREATE TABLE submission_versions (
    id BLOB PRIMARY KEY,
    submission_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    plan TEXT NOT NULL,
    members BIGINT NOT NULL,
    no_card BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    retired BIGINT NOT NULL,
    deceased BIGINT NOT NULL,
    people BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    municipal_fen BIGINT NOT NULL,
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    -- SHA-256 of the list and the figures, 64 hexadecimal digits.
    sha256 TEXT NOT NULL,
    -- Names of those whose retirement was undecided, as JSON.
    undecided TEXT NOT NULL,
    -- `submit`, `conflict`: by whom people were left out.
    cause TEXT NOT NULL,
    account TEXT NOT NULL,
    received_at DATETIME NOT NULL,
    UNIQUE (submission_id, version)
);

-- The people of a version as they were then; numbers masked, as notices show them.
CREATE TABLE submission_people (
    version_id BLOB NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    doc_kind TEXT NOT NULL,
    id_masked TEXT NOT NULL,
    card_masked TEXT,
    PRIMARY KEY (version_id, person_id)
);
CREATE INDEX submission_people_person ON submission_people (person_id);

-- Persons whom two submissions of a year hold: both unions are told, once.
CREATE TABLE conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    person_id BIGINT NOT NULL,
    first_submission_id BIGINT NOT NULL,
    second_submission_id BIGINT NOT NULL,
    found_at DATETIME NOT NULL,
    settled_at DATETIME,
    kept_by_submission_id BIGINT,
    UNIQUE (person_id, first_submission_id, second_submission_id)
);
CREATE INDEX conflicts_open ON conflicts (year) WHERE settled_at IS NULL;

-- What a bureau submits to the centre, once a year.
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    -- 0 is the list that a bureau submits once; later ones hold only what came back to life when a failure was undone.
    supplement BIGINT NOT NULL,
    batch_no TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('voucher_awaited', 'voucher_uploaded', 'voucher_rejected', 'confirmed', 'failed')),
    units BIGINT NOT NULL,
    people BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    municipal_fen BIGINT NOT NULL,
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    credit_fen BIGINT NOT NULL,
    -- What the bureau transfers: its share and its units', less the credit.
    due_fen BIGINT NOT NULL,
    contact TEXT NOT NULL,
    mobile BLOB NOT NULL,
    email TEXT NOT NULL,
    submitted_by TEXT NOT NULL,
    submitted_at DATETIME NOT NULL,
    -- Longer than the window where a voucher that was in time has been rejected.
    voucher_until DATETIME,
    voucher_at DATETIME,
    centre_replied_at DATETIME,
    reason TEXT,
    failed_at DATETIME,
    changed_at DATETIME NOT NULL,
    UNIQUE (year, org_id, supplement)
);

-- The last batch number of a day, federation-wide; locked in the unit that takes the next.
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE vouchers (
    id BLOB PRIMARY KEY,
    batch_id BIGINT,
    instant_id BIGINT,
    file_name TEXT NOT NULL,
    object_key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content_type TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    paid_on DATE NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_at DATETIME NOT NULL,
    verdict TEXT CHECK (verdict IN ('confirmed', 'rejected')),
    reason TEXT,
    decided_by TEXT,
    decided_at DATETIME
);
CREATE INDEX vouchers_batch ON vouchers (batch_id);
CREATE INDEX vouchers_instant ON vouchers (instant_id);

-- What units paid to their bureau, as the bureau recorded it; the value date counts.
CREATE TABLE unit_payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    amount_fen BIGINT NOT NULL,
    value_date DATE NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at DATETIME NOT NULL
);
CREATE INDEX unit_payments_org ON unit_payments (year, org_id);

-- Refunds of earlier years, and what batches took of them.
CREATE TABLE credits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    of_year INTEGER NOT NULL,
    amount_fen BIGINT NOT NULL,
    reason TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at DATETIME NOT NULL
);
CREATE INDEX credits_org ON credits (org_id);
CREATE TABLE credit_uses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL,
    reserved_at DATETIME NOT NULL,
    released_at DATETIME
);
CREATE UNIQUE INDEX credit_uses_batch ON credit_uses (batch_id) WHERE released_at IS NULL;
CREATE INDEX credit_uses_org ON credit_uses (org_id);

-- Everything that failed, by which closing; undone ones stay on record.
CREATE TABLE failures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    -- A unit that never submitted has no submission, and nothing to fail.
    submission_id BIGINT NOT NULL,
    batch_id BIGINT,
    org_id BIGINT NOT NULL,
    reason_code TEXT NOT NULL,
    -- The closing by which it failed, and when that was acted on.
    due_at DATETIME NOT NULL,
    failed_at DATETIME NOT NULL,
    instant_id BIGINT,
    -- What it was before.
    status_before TEXT NOT NULL,
    undone_at DATETIME,
    undone_by TEXT,
    undo_reason TEXT
);
CREATE UNIQUE INDEX failures_open ON failures (submission_id) WHERE undone_at IS NULL;
CREATE INDEX failures_org ON failures (year, org_id);

-- Instant enrolment: a draft that a failure left, or a request of its own.
CREATE TABLE instants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    year INTEGER NOT NULL,
    org_id BIGINT NOT NULL REFERENCES organizations (id),
    bureau_id BIGINT NOT NULL REFERENCES organizations (id),
    kind TEXT NOT NULL CHECK (kind IN ('failed', 'card_no_cover', 'new_card')),
    status TEXT NOT NULL CHECK (status IN ('draft', 'submitted', 'approved', 'returned', 'cancelled')),
    submission_id BIGINT,
    plan TEXT NOT NULL,
    people BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    municipal_fen BIGINT NOT NULL,
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    -- The first day of cover; of a draft: if it were handled on the day on which it was made.
    cover_from DATE NOT NULL,
    cover_to DATE NOT NULL,
    reason TEXT,
    created_at DATETIME NOT NULL,
    submitted_by TEXT,
    submitted_at DATETIME,
    decided_by TEXT,
    decided_at DATETIME,
    voucher_until DATETIME,
    voucher_at DATETIME,
    paid_at DATETIME,
    changed_at DATETIME NOT NULL
);
CREATE INDEX instants_org ON instants (year, org_id, status);
CREATE INDEX instants_bureau ON instants (year, bureau_id, status);
CREATE TABLE instant_people (
    instant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    doc_kind TEXT NOT NULL,
    id_masked TEXT NOT NULL,
    card_masked TEXT,
    gap_days BIGINT NOT NULL,
    PRIMARY KEY (instant_id, person_id)
);
CREATE INDEX instant_people_person ON instant_people (person_id);

-- What of a submission stands in the totals: the worker adds the difference, whatever came in whichever order.
CREATE TABLE counted (
    submission_id BIGINT PRIMARY KEY,
    path TEXT NOT NULL,
    status TEXT NOT NULL,
    plan TEXT NOT NULL,
    units BIGINT NOT NULL,
    people BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    municipal_fen BIGINT NOT NULL,
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    counted_at DATETIME NOT NULL
);
CREATE TABLE totals (
    year INT NOT NULL,
    org_id BIGINT NOT NULL,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    units BIGINT NOT NULL,
    people BIGINT NOT NULL,
    total_fen BIGINT NOT NULL,
    municipal_fen BIGINT NOT NULL,
    bureau_fen BIGINT NOT NULL,
    unit_fen BIGINT NOT NULL,
    PRIMARY KEY (year, org_id, plan, status)
);

-- Notice documents: a newer version of the same matter replaces the older.
CREATE TABLE notices (
    id BLOB PRIMARY KEY,
    year INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('unit', 'bureau')),
    org_id BIGINT NOT NULL,
    number TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- The version of the submission, or the batch, that it tells of.
    version_id BLOB,
    batch_id BIGINT,
    object_key TEXT,
    sha256 TEXT,
    size_bytes BIGINT,
    warnings TEXT NOT NULL,
    requested_at DATETIME NOT NULL,
    made_at DATETIME,
    replaced_at DATETIME,
    UNIQUE (number, version)
);
CREATE INDEX notices_org ON notices (year, org_id);
CREATE INDEX notices_sha256 ON notices (sha256);

-- Addresses that mails came back from.
CREATE TABLE bounces (
    address TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    bounced_at DATETIME NOT NULL
);
