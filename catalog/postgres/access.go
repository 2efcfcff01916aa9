package postgres

// householdScope is the condition that household h is in a catalog.Scope, with its kind and id as $1 and $2. A
// cooperative collects from the villages of its collection points and from the lots of its presales.
const householdScope = `($1 = 'county'
	OR ($1 = 'household' AND h.id = $2)
	OR ($1 = 'helper' AND h.helper_id = $2)
	OR ($1 = 'org' AND (h.village_id IN (SELECT village_id FROM collection_point WHERE org_id = $2)
		OR EXISTS (SELECT FROM lot l JOIN presale p ON p.id = l.presale_id WHERE l.household_id = h.id AND p.seller_org = $2))))`
