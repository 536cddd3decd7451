-- Desired x existing -> the operations of the plan.
--
-- Runs on the plan file with two staging files attached as `desired` and `existing`, and one row in temp.setting:
--   may_update, may_delete   0 or 1, by policy and evidence
-- sieve.sql has left in temp.unlike whatever is not on both sides alike to the byte. Of each such name there is one row;
-- desired_text is NULL where the file has not the name, existing_text where the service has not.
-- Three functions come from the program, all on abbreviated JSON texts of params:
--   body_of(text)                     the text written out
--   same_meaning(desired, existing)   1 when the managed members mean the same
--   laid_over(desired, existing)      existing with the managed members of desired laid over it
-- Ids follow the order of sending: creates, updates, then deletes, each by name.

CREATE UNIQUE INDEX temp.unlike_by_name ON unlike (name);

-- Creates: wanted and not there.
INSERT INTO main.operation (action, name, file_line)
SELECT 'create', u.name, u.line
FROM temp.unlike AS u
WHERE u.existing_text IS NULL
ORDER BY u.name;

INSERT INTO main.image (operation_id, after_params)
SELECT o.id, body_of(u.desired_text)
FROM main.operation AS o JOIN temp.unlike AS u ON u.name = o.name
WHERE o.action = 'create';

-- Differences: where the texts differ, the meaning decides.
CREATE TEMP TABLE differing AS
SELECT u.name, u.line, u.is_protected, u.is_addressable
FROM temp.unlike AS u
WHERE u.desired_text IS NOT NULL AND u.existing_text IS NOT NULL AND u.is_held_twice = 0
  AND NOT same_meaning(u.desired_text, u.existing_text);

INSERT INTO main.operation (action, name, file_line)
SELECT 'update', f.name, f.line
FROM temp.setting AS s CROSS JOIN temp.differing AS f
WHERE s.may_update AND f.is_addressable AND NOT f.is_protected
ORDER BY f.name;

INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
SELECT o.id, body_of(u.existing_text), laid_over(u.desired_text, u.existing_text), u.handle, u.etag, u.raw
FROM main.operation AS o JOIN temp.unlike AS u ON u.name = o.name
WHERE o.action = 'update';

-- Deletes: there and not wanted. Joined on both seals, so that an unsealed snapshot yields none.
CREATE TEMP VIEW unwanted AS
SELECT u.*
FROM temp.unlike AS u
JOIN existing.seal
JOIN desired.seal
WHERE u.desired_text IS NULL
  AND u.is_held_twice = 0
  AND u.is_addressable;

INSERT INTO main.operation (action, name)
SELECT 'delete', u.name
FROM temp.unwanted AS u CROSS JOIN temp.setting AS s
WHERE s.may_delete AND NOT u.is_protected
ORDER BY u.name;

INSERT INTO main.image (operation_id, before_params, handle, etag, raw)
SELECT o.id, body_of(u.existing_text), u.handle, u.etag, u.raw
FROM main.operation AS o JOIN temp.unlike AS u ON u.name = o.name
WHERE o.action = 'delete';

-- A name the service really holds twice is a conflict from the start and never touched.
INSERT INTO main.operation (action, name, state, failure_class, failure_message, file_line)
SELECT iif(u.desired_text IS NULL, 'delete', 'update'), u.name, 'conflict', 'other',
       'the service holds this name more than once', u.line
FROM temp.unlike AS u
WHERE u.is_held_twice = 1
ORDER BY u.name;

INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
SELECT o.id, body_of(u.existing_text), body_of(u.desired_text), u.handle, u.etag, u.raw
FROM main.operation AS o JOIN temp.unlike AS u ON u.name = o.name
WHERE o.state = 'conflict';

-- The rows that were passed over as bad, so that the plan file alone can tell of them.
INSERT INTO main.rejected_row (line, column_name, reason, name, cells)
SELECT line, "column", reason, name, cells FROM desired.row_fault ORDER BY line;
