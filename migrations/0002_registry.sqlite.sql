-- The registry: organizations, accounts, persons, memberships, facts, and the uploads that bring them.

CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    parent_id BIGINT REFERENCES organizations (id),
    level TEXT NOT NULL,
    kind TEXT,
    uscc TEXT,
    economy TEXT,
    industry TEXT,
    enterprise TEXT,
    contact TEXT,
    phone BLOB,
    email TEXT NOT NULL,
    -- The ids from the root down to this one, as /1/5/12/ : all below it is one range.
    path TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL,
    removed_at DATETIME
);
CREATE INDEX organizations_parent ON organizations (parent_id);
CREATE INDEX organizations_path ON organizations (path);

CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    email TEXT,
    created_at DATETIME NOT NULL,
    disabled_at DATETIME
);

CREATE TABLE account_roles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES accounts (name),
    role TEXT NOT NULL,
    -- None: at the root, whichever organization that will be.
    org_id BIGINT REFERENCES organizations (id),
    granted_by TEXT NOT NULL,
    granted_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX account_roles_once ON account_roles (account, role, COALESCE(org_id, 0));

CREATE TABLE uploads (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    org_id BIGINT REFERENCES organizations (id),
    account TEXT NOT NULL,
    data_type TEXT,
    file_name TEXT NOT NULL,
    object_key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('received', 'running', 'done', 'held', 'rejected', 'failed')),
    reason_code TEXT,
    reason TEXT,
    rows_read BIGINT NOT NULL DEFAULT 0,
    rows_accepted BIGINT NOT NULL DEFAULT 0,
    rows_unchanged BIGINT NOT NULL DEFAULT 0,
    rows_rejected BIGINT NOT NULL DEFAULT 0,
    rows_duplicate BIGINT NOT NULL DEFAULT 0,
    rows_transfer BIGINT NOT NULL DEFAULT 0,
    findings TEXT NOT NULL DEFAULT '[]',
    finding_counts TEXT NOT NULL DEFAULT '{}',
    result_key TEXT,
    rejected_key TEXT,
    correlation_id BLOB NOT NULL,
    -- The message of a foreign system that offered the file; remembered as long as the upload is.
    offer_id BLOB UNIQUE,
    received_at DATETIME NOT NULL,
    finished_at DATETIME,
    released_by TEXT,
    released_at DATETIME
);
CREATE INDEX uploads_org ON uploads (org_id, received_at);
CREATE INDEX uploads_open ON uploads (status) WHERE status IN ('received', 'running', 'held');

CREATE TABLE persons (
    -- Also the member's number (会员编号).
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    doc_kind TEXT NOT NULL,
    -- Keyed hash of kind and number: what equal documents share.
    doc_key BLOB NOT NULL UNIQUE,
    doc_number BLOB NOT NULL,
    name TEXT NOT NULL,
    birth DATE,
    sex TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    changed_at DATETIME NOT NULL
);

-- No foreign keys from here on: rows are inserted by joining the tables that they refer to, nothing is ever deleted there,
-- and a check per row costs a third of an import.
CREATE TABLE memberships (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL,
    org_id BIGINT NOT NULL,
    phone BLOB,
    employer TEXT,
    label TEXT,
    household TEXT,
    address TEXT,
    card_wanted BOOLEAN,
    data_type TEXT,
    since DATETIME NOT NULL,
    until DATETIME,
    end_reason TEXT,
    changed_at DATETIME NOT NULL
);
CREATE UNIQUE INDEX memberships_open ON memberships (person_id) WHERE until IS NULL;
CREATE INDEX memberships_org ON memberships (org_id) WHERE until IS NULL;

-- What changed on a person or a membership, when and by which upload; values are sealed like numbers.
CREATE TABLE person_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL,
    at DATETIME NOT NULL,
    account TEXT NOT NULL,
    upload_id BLOB,
    field TEXT NOT NULL,
    before BLOB,
    after BLOB
);
CREATE INDEX person_changes_person ON person_changes (person_id, id);

-- What feeds say about a document, whether or not somebody with it is a member today.
CREATE TABLE facts (
    doc_key BLOB PRIMARY KEY,
    card BLOB,
    social_insurance BOOLEAN,
    retired_on DATE,
    deceased_on DATE,
    staff TEXT,
    upload_id BLOB NOT NULL,
    changed_at DATETIME NOT NULL
);

CREATE TABLE transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL,
    from_org_id BIGINT NOT NULL,
    to_org_id BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'void')),
    reason TEXT,
    -- What the row of the import said of the membership that is to be.
    phone BLOB,
    employer TEXT,
    label TEXT,
    household TEXT,
    address TEXT,
    card_wanted BOOLEAN,
    data_type TEXT,
    upload_id BLOB,
    account TEXT NOT NULL,
    requested_at DATETIME NOT NULL,
    decided_by TEXT,
    decided_at DATETIME,
    decision_reason TEXT
);
CREATE UNIQUE INDEX transfers_pending ON transfers (person_id, to_org_id) WHERE status = 'pending';
CREATE INDEX transfers_to ON transfers (to_org_id) WHERE status = 'pending';
