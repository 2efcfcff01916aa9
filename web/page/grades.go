package page

// ContractGrades are the grades of contracts, best first.
var ContractGrades = []string{"special", "first", "second"}
