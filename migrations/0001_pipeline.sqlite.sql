-- The pipeline: messages and who works them, the mail ledger, accounts and the audit record.

CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- A message is a row before it is anything else: outbox, inbox, queue and dead pile in one table.
CREATE TABLE messages (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    queue TEXT NOT NULL,
    version INTEGER NOT NULL,
    payload TEXT NOT NULL,
    occurred_at DATETIME NOT NULL,
    correlation_id BLOB NOT NULL,
    causation_id BLOB,
    traceparent TEXT,
    state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'dead')),
    due_at DATETIME NOT NULL,
    ring_at DATETIME NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    alone BOOLEAN NOT NULL DEFAULT FALSE,
    worker_id BLOB,
    claimed_at DATETIME,
    ended_at DATETIME,
    last_error TEXT,
    raw BLOB
);
CREATE INDEX messages_ready ON messages (queue, ring_at) WHERE state = 'ready';
CREATE INDEX messages_running ON messages (worker_id) WHERE state = 'running';
CREATE INDEX messages_dead ON messages (queue, kind) WHERE state = 'dead';
CREATE INDEX messages_open ON messages (correlation_id) WHERE state IN ('ready', 'running');
CREATE INDEX messages_alone ON messages (due_at) WHERE alone AND state = 'ready';

CREATE TABLE workers (
    id BLOB PRIMARY KEY,
    role TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    queues TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    seen_at DATETIME NOT NULL
);

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    term BIGINT NOT NULL,
    expires_at DATETIME NOT NULL
);

CREATE TABLE paused_queues (
    queue TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    paused_at DATETIME NOT NULL
);

CREATE TABLE mails (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    version BIGINT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    params TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'unknown', 'obsolete', 'refused', 'no_address')),
    attempts INTEGER NOT NULL DEFAULT 0,
    correlation_id BLOB NOT NULL,
    org_code TEXT,
    queued_at DATETIME NOT NULL,
    attempted_at DATETIME,
    sent_at DATETIME,
    last_error TEXT,
    UNIQUE (kind, about, version, recipient)
);
CREATE INDEX mails_unsent ON mails (status) WHERE status NOT IN ('sent', 'obsolete');

CREATE TABLE mail_rates (
    minute DATETIME NOT NULL,
    domain TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (minute, domain)
);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at DATETIME NOT NULL,
    account TEXT NOT NULL,
    act TEXT NOT NULL,
    org_code TEXT,
    about TEXT,
    outcome TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX audit_org ON audit (org_code, id);
