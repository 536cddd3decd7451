-- Desired x existing -> the operations of the plan.
--
-- Runs on the plan file with two staging files attached as `desired` and `existing`, and one row in temp.setting:
--   scope, exclude, protect   GLOB patterns or NULL
--   may_update, may_delete    0 or 1, by policy and evidence
-- Two functions come from the program, both on JSON texts of params:
--   same_meaning(desired, existing)   1 when the managed members mean the same
--   laid_over(desired, existing)      existing with the managed members of desired laid over it
-- Ids follow the order of sending: creates, updates, then deletes, each by name.

-- Names of bad rows: protected wholly, since nobody knows what the row meant.
CREATE TEMP TABLE doubtful AS
SELECT DISTINCT name FROM desired.row_fault WHERE name IS NOT NULL;
CREATE UNIQUE INDEX temp.doubtful_by_name ON doubtful (name);

CREATE TEMP VIEW wanted AS
SELECT d.rowid AS row, d.name, d.line, d.body
FROM desired.desired AS d CROSS JOIN temp.setting AS s
WHERE (s.scope IS NULL OR d.name GLOB s.scope)
  AND (s.exclude IS NULL OR d.name NOT GLOB s.exclude)
  AND d.name NOT IN (SELECT name FROM temp.doubtful);

CREATE TEMP VIEW held AS
SELECT e.rowid AS row, e.name, e.body, e.handle, e.etag, e.raw, e.is_addressable, e.is_held_twice,
       s.protect IS NOT NULL AND e.name GLOB s.protect AS is_protected
FROM existing.existing AS e CROSS JOIN temp.setting AS s
WHERE (s.scope IS NULL OR e.name GLOB s.scope)
  AND (s.exclude IS NULL OR e.name NOT GLOB s.exclude);

-- Creates: wanted and not there.
INSERT INTO main.operation (action, name, file_line)
SELECT 'create', d.name, d.line
FROM temp.wanted AS d
WHERE NOT EXISTS (SELECT 1 FROM existing.existing AS e WHERE e.name = d.name)
ORDER BY d.name;

INSERT INTO main.image (operation_id, after_params)
SELECT o.id, d.body
FROM main.operation AS o JOIN desired.desired AS d ON d.name = o.name
WHERE o.action = 'create';

-- Differences: bytes are compared first, meaning only where they differ.
CREATE TEMP TABLE differing AS
SELECT d.name, d.line, d.body AS desired_body, e.row AS existing_row, e.is_protected
FROM temp.wanted AS d JOIN temp.held AS e ON e.name = d.name
WHERE d.body <> e.body
  AND e.is_held_twice = 0
  AND NOT same_meaning(d.body, e.body);

INSERT INTO main.operation (action, name, file_line)
SELECT 'update', f.name, f.line
FROM temp.differing AS f CROSS JOIN temp.setting AS s
WHERE s.may_update AND NOT f.is_protected
ORDER BY f.name;

CREATE UNIQUE INDEX temp.differing_by_name ON differing (name);

INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
SELECT o.id, e.body, laid_over(f.desired_body, e.body), e.handle, e.etag, e.raw
FROM main.operation AS o
JOIN temp.differing AS f ON f.name = o.name
JOIN existing.existing AS e ON e.rowid = f.existing_row
WHERE o.action = 'update';

-- Deletes: there and not wanted. Joined on both seals, so that an unsealed snapshot yields none.
CREATE TEMP VIEW unwanted AS
SELECT e.*
FROM temp.held AS e
JOIN existing.seal
JOIN desired.seal
WHERE e.is_held_twice = 0
  AND e.is_addressable = 1
  AND NOT EXISTS (SELECT 1 FROM desired.desired AS d WHERE d.name = e.name)
  AND e.name NOT IN (SELECT name FROM temp.doubtful);

INSERT INTO main.operation (action, name)
SELECT 'delete', e.name
FROM temp.unwanted AS e CROSS JOIN temp.setting AS s
WHERE s.may_delete AND NOT e.is_protected
ORDER BY e.name;

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
