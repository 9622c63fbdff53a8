-- Whose list a person stands on is asked member by member: from the list's version to its submission.
CREATE UNIQUE INDEX submissions_version ON submissions (version_id);
