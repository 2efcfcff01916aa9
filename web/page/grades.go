package page

// ContractGrades are those that contracts are made in, best first.
var ContractGrades = []string{"special", "first", "second"}
