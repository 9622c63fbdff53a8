-- Transfers: who asked, so that the other side decides; why and on what grounds a membership ended.

ALTER TABLE transfers ADD COLUMN asked_by TEXT NOT NULL DEFAULT 'to' CHECK (asked_by IN ('from', 'to'));
CREATE INDEX transfers_from ON transfers (from_org_id) WHERE status = 'pending';

-- What the reason of a removal rests on: a fact on record, the calendar, the years of choice, or the clerk's word.
ALTER TABLE memberships ADD COLUMN end_basis TEXT;
-- The history of a member who has left or moved.
CREATE INDEX memberships_person ON memberships (person_id) WHERE until IS NOT NULL;
