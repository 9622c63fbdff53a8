-- People on record: who died or retired while standing on a list, what an import brought and whether it was taken back, and
-- phones by which a second document of one person is found.

-- The feed that brought the death or the retirement; when the card came.
ALTER TABLE facts ADD COLUMN gone_upload_id BLOB;
ALTER TABLE facts ADD COLUMN card_at DATETIME;
CREATE INDEX facts_gone ON facts (changed_at) WHERE deceased_on IS NOT NULL OR retired_on IS NOT NULL;
CREATE INDEX retirement_decisions_retired ON retirement_decisions (decided_at) WHERE decision = 'retired';

-- The import that opened the membership; the keyed hash of its phone.
ALTER TABLE memberships ADD COLUMN upload_id BLOB;
ALTER TABLE memberships ADD COLUMN phone_key BLOB;
CREATE INDEX memberships_upload ON memberships (upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX memberships_phone ON memberships (phone_key) WHERE phone_key IS NOT NULL AND until IS NULL;
CREATE INDEX person_changes_upload ON person_changes (upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX transfers_upload ON transfers (upload_id) WHERE upload_id IS NOT NULL;

-- An import that was taken back.
ALTER TABLE uploads ADD COLUMN undone_at DATETIME;
ALTER TABLE uploads ADD COLUMN undone_by TEXT;
