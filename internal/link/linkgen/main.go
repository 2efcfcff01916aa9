// Command linkgen writes the wire code of a module's contract from its Go interfaces: subjects, client, raw face and
// registration. Invariant: a method of a service is declared once, in its interface, and the generated file
// follows from the interface alone.
//
// It reads the package in the working directory and writes link_gen.go there. An interface is a service if its doc
// comment has the line
//
//	//link:service <module> v<version> [prefix=<prefix>] [raw]
//
// Each method takes a context and a request and returns an answer and an error. Methods of an embedded interface of the
// same package belong to the service too. The subject of a method is rpc.<module>.v<version>.<prefix><name in snake
// case>, and its constant Subject<Name>. A comment behind the method overrides them:
//
//	DecideBatch(context.Context, DecideBatch) (PayoutBatch, error) //link:subject batch_decide
//	SetQuota(context.Context, QuotaRequest) (Lot, error)           //link:subject quota_set const=Quota
//
// The option raw also writes a raw face, whose answers stay the bytes in which they arrived. There, a method with the
// comment //link:body, or the option body of its //link:subject, has a second form that takes the request as bytes.
package main

import (
	"fmt"
	"os"
)

// output is the name of the generated file.
const output = "link_gen.go"

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "linkgen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	p, err := read(dir)
	if err != nil {
		return err
	}
	src, err := p.generate()
	if err != nil {
		return err
	}
	return os.WriteFile(dir+"/"+output, src, 0o644) //nolint:gosec // a source file, which everybody may read
}
