-- One partition of desired x existing, where existing is everybody's -> the names that both have, in temp.matched.
--
-- Two temporary tables:
--   looked_at   one row: scope, exclude, protect, as GLOB patterns or NULL
--   counted     one row: names in scope on each side

INSERT INTO temp.matched (name, line, text, handle, etag, raw, is_held_twice)
SELECT e.name, d.line, e.text, e.handle, e.etag, e.raw, e.is_held_twice
FROM temp.looked_at AS s
CROSS JOIN existing.existing_{p} AS e NOT INDEXED
JOIN desired.desired_{p} AS d ON d.name = e.name
WHERE e.is_addressable
  AND (s.scope IS NULL OR e.name GLOB s.scope)
  AND (s.exclude IS NULL OR e.name NOT GLOB s.exclude)
  AND (s.protect IS NULL OR e.name NOT GLOB s.protect);

UPDATE temp.counted SET
  desired_in_scope = desired_in_scope + (
    SELECT count(*)
    FROM temp.looked_at AS s CROSS JOIN desired.desired_{p} AS d
    WHERE (s.scope IS NULL OR d.name GLOB s.scope) AND (s.exclude IS NULL OR d.name NOT GLOB s.exclude)),
  existing_in_scope = existing_in_scope + (
    SELECT count(*)
    FROM temp.looked_at AS s CROSS JOIN existing.existing_{p} AS e
    WHERE (s.scope IS NULL OR e.name GLOB s.scope) AND (s.exclude IS NULL OR e.name NOT GLOB s.exclude)),
  existing = existing + (SELECT count(*) FROM existing.existing_{p});
