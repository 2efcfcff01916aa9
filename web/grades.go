package web

// contractGrades are those that contracts are made in, best first.
var contractGrades = []string{"special", "first", "second"}
