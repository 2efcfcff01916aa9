package postgres

// accountChecks compare the rows of batches with the accounts that they put into use: an applied row has its own account, which
// the batch's second person approved, and an account of a batch has its row.
var accountChecks = []string{`
	SELECT 'accounts.rows' AS check, 'batch:' || r.batch_id || ':' || r.line AS object, 'is applied as account ' || coalesce(r.account_id, 0) || CASE
		WHEN b.state NOT IN ('applying', 'done') THEN ' of a batch that is ' || b.state
		WHEN r.excluded <> '' THEN ' and left out'
		WHEN a.batch_id IS DISTINCT FROM r.batch_id THEN ' of batch ' || coalesce(a.batch_id, 0)
		WHEN a.household <> r.household THEN ' of household ' || a.household || ', not ' || r.household
		ELSE ', which ' || b.decided_by || ' did not approve' END AS detail
	FROM account_batch_row r JOIN account_batch b ON b.id = r.batch_id JOIN payout_account a ON a.id = r.account_id
	WHERE b.state NOT IN ('applying', 'done') OR r.excluded <> '' OR a.batch_id IS DISTINCT FROM r.batch_id OR a.household <> r.household
	   OR a.approved_by <> b.decided_by OR a.state = 'review' LIMIT 100`, `
	SELECT 'accounts.batch', 'account:' || a.id, 'is of batch ' || a.batch_id || ', which has no row of it'
	FROM payout_account a WHERE a.batch_id IS NOT NULL
	  AND NOT EXISTS (SELECT FROM account_batch_row r WHERE r.batch_id = a.batch_id AND r.account_id = a.id) LIMIT 100`, `
	SELECT 'accounts.left', 'batch:' || b.id, 'is done, and ' || count(*) || ' rows of it are neither applied nor left out'
	FROM account_batch b JOIN account_batch_row r ON r.batch_id = b.id
	WHERE b.state = 'done' AND r.outcome IN ('new', 'replaces') AND r.account_id IS NULL AND r.payable_id IS NULL AND r.excluded = '' AND r.skipped = ''
	GROUP BY b.id LIMIT 100`, `
	SELECT 'accounts.second_person', 'batch:' || id, 'opened and decided by ' || opened_by
	FROM account_batch WHERE decided_by <> '' AND (decided_by = opened_by OR decider = opener AND decider <> 0) LIMIT 100`}
