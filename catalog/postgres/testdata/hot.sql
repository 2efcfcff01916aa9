
WITH known AS (SELECT key FROM hold WHERE key = ANY($3::uuid[])),
fence AS (
	UPDATE season SET version = version + 1
	WHERE id = $1 AND version = $2 AND NOT EXISTS (SELECT FROM known)
	RETURNING version),
held AS (
	INSERT INTO hold (order_id, line, key, season, presale_id, lines, state, expires_at, policy, lots, qty, level_fen)
	SELECT h.order_id, h.line, h.key, $1, h.presale_id, h.lines,
	       CASE WHEN h.expires_ms = 0 THEN 'confirmed' ELSE 'held' END,
	       CASE WHEN h.expires_ms = 0 THEN NULL ELSE timestamptz 'epoch' + h.expires_ms * interval '1 millisecond' END,
	       h.policy, h.lots::bigint[], h.qty::bigint[], h.level_fen::bigint[]
	FROM fence, unnest($4::bigint[], $5::int[], $6::uuid[], $7::bigint[], $8::uuid[], $9::bigint[], $10::text[],
	                   $11::text[], $12::text[], $13::text[])
	     AS h (order_id, line, key, presale_id, lines, expires_ms, policy, lots, qty, level_fen)),
taken AS (
	UPDATE lot SET reserved = lot.reserved + d.qty
	FROM fence, unnest($14::bigint[], $15::bigint[]) AS d (id, qty)
	WHERE lot.id = d.id
	RETURNING 1),
noted AS (
	INSERT INTO season_change (season, version, lots)
	SELECT $1, version, $14::bigint[] FROM fence)
SELECT EXISTS (SELECT FROM fence), (SELECT count(*) FROM taken), ARRAY(SELECT DISTINCT key::text FROM known);
--

SELECT version = $2, 0, ARRAY(SELECT DISTINCT key::text FROM hold WHERE key = ANY($3::uuid[]))
FROM season WHERE id = $1;
--

		WITH target AS (
			SELECT order_id, line, key FROM hold
			WHERE order_id = ANY($1) AND state = 'held' ORDER BY order_id, line, key FOR UPDATE)
		UPDATE hold SET state = 'confirmed', expires_at = NULL
		FROM target t
		WHERE (hold.order_id, hold.line, hold.key) = (t.order_id, t.line, t.key) AND hold.state = 'held';
--

		SELECT order_id FROM hold WHERE order_id = ANY($1)
		GROUP BY order_id
		HAVING bool_or(state = 'released' AND expired) AND NOT bool_or(state = 'confirmed')
		LIMIT 1;
--

		SELECT order_id, line, key::text, season, presale_id, state, expired, lots, qty,
		       coalesce(held, CASE WHEN state = 'released' THEN array_fill(0::bigint, ARRAY[cardinality(qty)]) ELSE qty END),
		       coalesce(delivered, array_fill(0::bigint, ARRAY[cardinality(qty)]))
		FROM hold WHERE season = ANY($2) AND order_id = ANY($1)
		ORDER BY order_id, line, created_at, key FOR UPDATE;
--

		SELECT order_id, line, key::text, season, presale_id, state, expired, lots, qty,
		       coalesce(held, CASE WHEN state = 'released' THEN array_fill(0::bigint, ARRAY[cardinality(qty)]) ELSE qty END),
		       coalesce(delivered, array_fill(0::bigint, ARRAY[cardinality(qty)]))
		FROM hold WHERE season = ANY($3) AND order_id = ANY($1) AND state = 'held' AND expires_at < $2
		ORDER BY order_id, line, created_at, key FOR UPDATE;
--

		UPDATE hold SET state = d.state, expired = d.expired, held = d.held::bigint[], delivered = d.delivered::bigint[],
		                expires_at = CASE WHEN d.state = 'held' THEN hold.expires_at END
		FROM unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::bool[], $6::text[], $7::text[])
		     AS d (order_id, line, key, state, expired, held, delivered)
		WHERE hold.order_id = d.order_id AND hold.line = d.line AND hold.key = d.key;
--

			SELECT DISTINCT order_id FROM (
				SELECT order_id FROM hold WHERE state = 'held' AND expires_at < $1 ORDER BY expires_at LIMIT $2) AS due;
--

		WITH retired AS (
			SELECT key, gen_random_uuid() AS new FROM unnest($1::uuid[]) AS k (key))
		UPDATE hold SET key = retired.new FROM retired
		WHERE hold.key = retired.key AND hold.state = 'released' AND hold.expired;
