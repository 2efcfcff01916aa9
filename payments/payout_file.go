package payments

// HasFile reports whether the bank's file of the batch may be downloaded.
func (s BatchState) HasFile() bool {
	return BatchMachine.Can(s, BatchExport) || s.WithBank()
}

// WithBank reports whether the bank has the batch's file, so that results may be imported.
func (s BatchState) WithBank() bool { return s == BatchExported || s == BatchDone }
