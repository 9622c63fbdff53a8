-- Comparisons of rosters with the registry: what was found, and what clerks chose to do about it.

CREATE TABLE comparisons (
    id UUID PRIMARY KEY,
    upload_id UUID NOT NULL UNIQUE,
    org_id BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('requested', 'done')),
    n_read BIGINT NOT NULL DEFAULT 0,
    n_same BIGINT NOT NULL DEFAULT 0,
    n_changed BIGINT NOT NULL DEFAULT 0,
    n_absent BIGINT NOT NULL DEFAULT 0,
    n_not_in_registry BIGINT NOT NULL DEFAULT 0,
    n_in_other_union BIGINT NOT NULL DEFAULT 0,
    n_near BIGINT NOT NULL DEFAULT 0,
    n_duplicate BIGINT NOT NULL DEFAULT 0,
    n_rejected BIGINT NOT NULL DEFAULT 0,
    requested_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX comparisons_org ON comparisons (org_id, requested_at);

-- One row per finding; rows that say what the registry says leave none. No foreign keys: a roster may bring a million.
CREATE TABLE comparison_items (
    comparison_id UUID NOT NULL,
    -- From 1, in the order of the workbook; what the column 条目 names.
    item_no BIGINT NOT NULL,
    class TEXT NOT NULL,
    row_no BIGINT,
    person_id BIGINT,
    -- The registry as it was compared: what has another state by now is refused, and not silently applied.
    membership_id BIGINT,
    membership_changed_at TIMESTAMPTZ,
    person_changed_at TIMESTAMPTZ,
    name TEXT NOT NULL,
    id_masked TEXT NOT NULL,
    suggestion TEXT,
    -- Before and after per field, reasons, what the row said: sealed.
    detail BYTEA,
    choice TEXT,
    outcome TEXT CHECK (outcome IN ('done', 'refused')),
    outcome_code TEXT,
    settled_at TIMESTAMPTZ,
    PRIMARY KEY (comparison_id, item_no)
);

CREATE TABLE comparison_applications (
    id UUID PRIMARY KEY,
    comparison_id UUID NOT NULL,
    account TEXT NOT NULL,
    file_name TEXT NOT NULL,
    object_key TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('received', 'done', 'rejected', 'failed')),
    reason_code TEXT,
    reason TEXT,
    n_chosen BIGINT NOT NULL DEFAULT 0,
    n_done BIGINT NOT NULL DEFAULT 0,
    n_refused BIGINT NOT NULL DEFAULT 0,
    -- The outcome of each item, masked, as JSON; the first thousand.
    results TEXT NOT NULL DEFAULT '[]',
    correlation_id UUID NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX comparison_applications_of ON comparison_applications (comparison_id);
CREATE INDEX comparison_applications_open ON comparison_applications (status) WHERE status = 'received';
