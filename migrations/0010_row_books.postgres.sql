-- The books of a file: rows that hold anything = headings + read + skipped + not read.
ALTER TABLE uploads ADD COLUMN rows_content BIGINT NOT NULL DEFAULT 0;
ALTER TABLE uploads ADD COLUMN rows_headings BIGINT NOT NULL DEFAULT 0;
ALTER TABLE uploads ADD COLUMN rows_skipped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE uploads ADD COLUMN rows_not_read BIGINT NOT NULL DEFAULT 0;
