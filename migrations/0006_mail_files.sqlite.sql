-- Mails may take files with them: which ones, as JSON; the bytes stay in the file store.
ALTER TABLE mails ADD COLUMN files TEXT;
