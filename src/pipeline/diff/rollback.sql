-- A run's plan x existing -> the operations that undo what the run really changed.
--
-- Runs on a new plan file with the undone run's plan attached as `undone`. Of the listing there is in temp.listed
-- whatever has the name of one of its operations.
-- Two functions come from the program, on JSON texts of params, abbreviated or not:
--   body_of(text)      the text written out
--   same_whole(a, b)   1 when both mean the same, members unknown to us included, weather aside
-- An alarm that no longer means what the run left is a conflict: somebody has changed it since.

-- What the run left and what stood there before; not what it found already as wanted, or gone.
CREATE TEMP TABLE change AS
SELECT o.name, o.action,
       coalesce(i.sent_params, i.after_params) AS left_params,
       coalesce(i.replaced_params, i.before_params) AS former_params
FROM undone.operation AS o
JOIN undone.image AS i ON i.operation_id = o.id
WHERE o.state = 'done'
  AND (o.was_ambiguous = 1 OR NOT EXISTS (
        SELECT 1 FROM undone.attempt AS a
        WHERE a.operation_id = o.id AND a.step = 'check' AND a.result IN ('as_wanted', 'absent')));

CREATE TEMP TABLE undo AS
SELECT c.name, c.left_params, c.former_params, e.rowid AS existing_row,
       CASE c.action WHEN 'create' THEN 'delete' WHEN 'delete' THEN 'create' ELSE 'update' END AS action,
       CASE
         WHEN e.is_held_twice = 1 THEN 'conflict'
         WHEN e.name IS NULL THEN CASE c.action WHEN 'create' THEN 'undone' WHEN 'delete' THEN 'pending' ELSE 'conflict' END
         WHEN c.former_params IS NOT NULL AND same_whole(e.text, c.former_params) THEN 'undone'
         WHEN c.left_params IS NOT NULL AND same_whole(e.text, c.left_params) THEN 'pending'
         ELSE 'conflict'
       END AS state
FROM temp.change AS c LEFT JOIN temp.listed AS e ON e.name = c.name;

-- Ids follow the order of sending: deletes last.
INSERT INTO main.operation (action, name, state, failure_class, failure_message)
SELECT u.action, u.name, u.state,
       iif(u.state = 'conflict', 'other', NULL),
       iif(u.state = 'conflict', 'the alarm is no longer as the run left it', NULL)
FROM temp.undo AS u JOIN existing.seal
WHERE u.state <> 'undone'
ORDER BY u.action = 'delete', u.action, u.name;

CREATE UNIQUE INDEX temp.undo_by_name ON undo (name);

INSERT INTO main.image (operation_id, before_params, after_params, handle, etag, raw)
SELECT o.id, body_of(e.text), iif(o.action = 'delete', NULL, u.former_params), e.handle, e.etag, e.raw
FROM main.operation AS o
JOIN temp.undo AS u ON u.name = o.name
LEFT JOIN temp.listed AS e ON e.rowid = u.existing_row;
