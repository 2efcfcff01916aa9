package page

// SheetsAtMost keeps a print job within what a printer, and a browser, can take at once.
const SheetsAtMost = 400
