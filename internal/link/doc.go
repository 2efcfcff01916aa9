// Package link is the protocol between modules: requests and their typed errors, events that are neither lost nor
// applied twice, and a database of its own for each module.
//
// It owns the wire format (subjects, headers, error bodies) and three tables in every module's schema: outbox,
// inbox and dead_letter. Invariants:
//
//   - An error that crosses carries a Code and a message key, never internal text.
//   - A request that timed out has an unknown outcome. Ask again with the same idempotency key.
//   - An event is written in the transaction that caused it and published afterwards, at least once; its effect is
//     committed together with its row in the inbox, therefore exactly once for each consumer.
//   - Events of one module arrive roughly in order: later events overtake a retried one. Handlers look at the
//     state they find and do not rely on order.
//   - A module connects as the role of its schema and cannot read another's tables.
//
// Request subjects are rpc.<module>.v1.<verb>, events evt.<module>.v1.<noun>.<past participle>, commands
// cmd.<module>.v1.<verb>. Streams cover evt and cmd only: a stream over request subjects would answer the callers.
package link
