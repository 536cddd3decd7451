-- Desired x existing -> the operations of the plan.
--
-- Runs on the plan file with two staging files attached as `desired` and `existing`, and one row in temp.setting:
--   scope, exclude, protect   GLOB patterns or NULL
--   may_update, may_delete    0 or 1, by policy and evidence
-- Of each side there are the rows as staged, with abbreviated texts (desired_row, existing_row), and the same written out (desired, existing).
-- Two functions come from the program, both on JSON texts of params:
--   same_meaning(desired, existing)   1 when the managed members mean the same
--   laid_over(desired, existing)      existing with the managed members of desired laid over it
-- Ids follow the order of sending: creates, updates, then deletes, each by name.
--
-- A million rows a side, in different orders, took 1.4 s in `unlike` and 0.3 s for the creates. Tried and left: each kind by a query
-- of its own 9.8 s; the file's rows first 2.9 s, where theirs were the smaller ones; a digest beside each name would
-- keep the rows out of it, but hashing alone takes 0.45 s in each of both stages.

-- Names of bad rows: protected wholly, since nobody knows what the row meant.
CREATE TEMP TABLE doubtful AS
SELECT DISTINCT name FROM desired.row_fault WHERE name IS NOT NULL;
CREATE UNIQUE INDEX temp.doubtful_by_name ON doubtful (name);

CREATE TEMP VIEW wanted AS
SELECT d.rowid AS row, d.name, d.line
FROM desired.desired_row AS d CROSS JOIN temp.setting AS s
WHERE (s.scope IS NULL OR d.name GLOB s.scope)
  AND (s.exclude IS NULL OR d.name NOT GLOB s.exclude)
  AND d.name NOT IN (SELECT name FROM temp.doubtful);

CREATE TEMP VIEW held AS
SELECT e.rowid AS row, e.name, e.is_addressable, e.is_held_twice
FROM existing.existing_row AS e CROSS JOIN temp.setting AS s
WHERE (s.scope IS NULL OR e.name GLOB s.scope)
  AND (s.exclude IS NULL OR e.name NOT GLOB s.exclude);

-- What the service holds and the file has not, or not to the byte: one pass over the service's rows as they lie.
CREATE TEMP TABLE unlike AS
SELECT e.rowid AS existing_row, e.name, e.is_addressable, d.rowid AS desired_row,
       s.protect IS NOT NULL AND e.name GLOB s.protect AS is_protected
FROM temp.setting AS s
CROSS JOIN existing.existing_row AS e NOT INDEXED
LEFT JOIN desired.desired_row AS d ON d.name = e.name
WHERE (d.name IS NULL OR d.text <> e.text)
  AND (s.scope IS NULL OR e.name GLOB s.scope)
  AND (s.exclude IS NULL OR e.name NOT GLOB s.exclude)
  AND e.is_held_twice = 0
  AND e.name NOT IN (SELECT name FROM temp.doubtful);

-- Creates: wanted and not there.
INSERT INTO main.operation (action, name, file_line)
SELECT 'create', d.name, d.line
FROM temp.wanted AS d
WHERE NOT EXISTS (SELECT 1 FROM existing.existing_row AS e WHERE e.name = d.name)
ORDER BY d.name;

INSERT INTO main.image (operation_id, after_params)
SELECT o.id, d.body
FROM main.operation AS o JOIN desired.desired AS d ON d.name = o.name
WHERE o.action = 'create';

-- Differences: where the texts differ, the meaning decides.
CREATE TEMP TABLE differing AS
SELECT u.name, u.desired_row, u.existing_row, u.is_protected
FROM temp.unlike AS u
JOIN desired.desired AS d ON d.rowid = u.desired_row
JOIN existing.existing AS e ON e.rowid = u.existing_row
WHERE NOT same_meaning(d.body, e.body);

INSERT INTO main.operation (action, name, file_line)
SELECT 'update', d.name, d.line
FROM temp.setting AS s CROSS JOIN temp.differing AS f JOIN desired.desired_row AS d ON d.rowid = f.desired_row
WHERE s.may_update AND NOT f.is_protected
ORDER BY f.name;

CREATE UNIQUE INDEX temp.differing_by_name ON differing (name);

INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
SELECT o.id, e.body, laid_over(d.body, e.body), e.handle, e.etag, e.raw
FROM main.operation AS o
JOIN temp.differing AS f ON f.name = o.name
JOIN desired.desired AS d ON d.rowid = f.desired_row
JOIN existing.existing AS e ON e.rowid = f.existing_row
WHERE o.action = 'update';

-- Deletes: there and not wanted. Joined on both seals, so that an unsealed snapshot yields none.
CREATE TEMP VIEW unwanted AS
SELECT u.*
FROM temp.unlike AS u
JOIN existing.seal
JOIN desired.seal
WHERE u.desired_row IS NULL
  AND u.is_addressable;

INSERT INTO main.operation (action, name)
SELECT 'delete', u.name
FROM temp.unwanted AS u CROSS JOIN temp.setting AS s
WHERE s.may_delete AND NOT u.is_protected
ORDER BY u.name;

INSERT INTO main.image (operation_id, before_params, handle, etag, raw)
SELECT o.id, e.body, e.handle, e.etag, e.raw
FROM main.operation AS o JOIN existing.existing AS e ON e.name = o.name
WHERE o.action = 'delete';

-- A name the service really holds twice is a conflict from the start and never touched.
INSERT INTO main.operation (action, name, state, failure_class, failure_message, file_line)
SELECT iif(d.name IS NULL, 'delete', 'update'), e.name, 'conflict', 'other',
       'the service holds this name more than once', d.line
FROM temp.held AS e LEFT JOIN temp.wanted AS d ON d.name = e.name
WHERE e.is_held_twice = 1
ORDER BY e.name;

INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
SELECT o.id, e.body, d.body, e.handle, e.etag, e.raw
FROM main.operation AS o
JOIN existing.existing AS e ON e.name = o.name
LEFT JOIN desired.desired AS d ON d.name = o.name
WHERE o.state = 'conflict';

-- The rows that were passed over as bad, so that the plan file alone can tell of them.
INSERT INTO main.rejected_row (line, column_name, reason, name, cells)
SELECT line, "column", reason, name, cells FROM desired.row_fault ORDER BY line;
