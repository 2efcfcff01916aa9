package link

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// DefaultTimeout is how long a call waits when its context has no deadline.
const DefaultTimeout = 15 * time.Second

const (
	headerRequestID = "Link-Request"
	headerActor     = "Link-Actor"
	headerTimeout   = "Link-Timeout" // milliseconds left: clocks of two machines differ, durations do not
	headerError     = "Link-Error"   // the code; the body is then an Error
	headerEncoding  = "Link-Encoding"
	encodingGzip    = "gzip"

	compressAbove = 64 << 10
	bodyLimit     = 64 << 20 // after decompression
)

// Call asks the module behind subject and waits for its answer. The request id and the actor of ctx cross with it, and
// the server's context ends when ctx does.
//
// Errors are *Error. Unavailable is an unknown outcome: the request may have been carried out, may still be, or may
// never have arrived; ask again with the same idempotency key. Only with the key "busy", and where errors.Is finds
// nats.ErrNoResponders or nats.ErrDisconnected, is it certain that nothing was done.
func Call[Req, Res any](ctx context.Context, nc *nats.Conn, subject string, req Req) (Res, error) {
	var res Res
	body, err := encodeRequest(subject, req)
	if err != nil {
		return res, err
	}
	reply, err := call(ctx, nc, subject, body)
	if err != nil {
		return res, err
	}
	if err := Unmarshal(reply, &res); err != nil {
		return res, AsError(fmt.Errorf("decode answer of %s: %w", subject, err))
	}
	return res, nil
}

func call(ctx context.Context, nc *nats.Conn, subject string, body []byte) ([]byte, error) {
	// A request published while the connection is down would wait in the client's buffer and be carried out long after
	// the caller gave up.
	if !nc.IsConnected() {
		return nil, E(Unavailable, "unavailable", "").Because(fmt.Errorf("call %s: %w", subject, nats.ErrDisconnected))
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(DefaultTimeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	left := time.Until(deadline)
	if left <= 0 {
		return nil, E(Unavailable, "unavailable", "").Because(fmt.Errorf("call %s: %w", subject, context.DeadlineExceeded))
	}

	msg := &nats.Msg{Subject: subject, Header: nats.Header{
		headerTimeout: {strconv.FormatInt(max(left.Milliseconds(), 1), 10)},
	}}
	setOrigin(ctx, msg.Header)
	var err error
	if msg.Data, err = pack(body, msg.Header); err != nil {
		return nil, AsError(fmt.Errorf("compress request %s: %w", subject, err))
	}
	if signer := signerOf(nc); signer != nil {
		signer.sign(msg)
	}
	reply, err := nc.RequestMsgWithContext(ctx, msg)
	if err != nil {
		return nil, AsError(fmt.Errorf("call %s: %w", subject, err))
	}
	data, err := unpack(reply)
	if err != nil {
		return nil, AsError(fmt.Errorf("read answer of %s: %w", subject, err))
	}
	if code := reply.Header.Get(headerError); code != "" {
		e := &Error{}
		if Unmarshal(data, e) != nil || e.Code == "" {
			e = E(Code(code), code, "")
		}
		return nil, e
	}
	return data, nil
}

// setOrigin writes the actor and the request id of ctx.
func setOrigin(ctx context.Context, h nats.Header) {
	if id := RequestID(ctx); id != "" {
		h[headerRequestID] = []string{id}
	}
	if a := ActorFrom(ctx); a != (Actor{}) {
		if text, err := encodeActor(a); err == nil {
			h[headerActor] = []string{text}
		}
	}
}

// withOrigin reads the headers that setOrigin wrote.
func withOrigin(ctx context.Context, requestID, actor string) (context.Context, error) {
	if requestID != "" {
		ctx = WithRequestID(ctx, requestID)
	}
	if actor != "" {
		a, err := decodeActor(actor)
		if err != nil {
			return ctx, err
		}
		ctx = WithActor(ctx, a)
	}
	return ctx, nil
}

var gzips = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return w
}}

// pack compresses a large body and sets the header for it.
func pack(body []byte, h nats.Header) ([]byte, error) {
	if len(body) <= compressAbove {
		return body, nil
	}
	var buf bytes.Buffer
	buf.Grow(len(body) / 4)
	w := gzips.Get().(*gzip.Writer)
	defer gzips.Put(w)
	w.Reset(&buf)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	h[headerEncoding] = []string{encodingGzip}
	return buf.Bytes(), nil
}

func unpack(m *nats.Msg) ([]byte, error) {
	if len(m.Header) == 0 || m.Header.Get(headerEncoding) == "" {
		return m.Data, nil
	}
	if enc := m.Header.Get(headerEncoding); enc != encodingGzip {
		return nil, fmt.Errorf("unknown encoding %q", enc)
	}
	r, err := gzip.NewReader(bytes.NewReader(m.Data))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, bodyLimit+1))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if len(data) > bodyLimit {
		return nil, E(TooLarge, "too_large", "")
	}
	return data, nil
}

// ServerOptions tune a Server; the zero value is fit for use.
type ServerOptions struct {
	Workers    int // requests handled at once, 64 by default
	MaxPending int // requests that wait for a worker, 4096 by default; further ones are refused as busy
	Log        *slog.Logger

	// Admit, if set, is asked before a request is carried out, and refuses it with an error.
	Admit func(subject string) error
	// Observe is called for every answered request: the code is "" for success.
	Observe func(subject string, code Code, d time.Duration)
	// Refused is called for every request without a valid signature: why is "unsigned", "stale" or "forged".
	Refused func(why string)
}

// Server answers a module's requests. Any number of processes may run one for the same module: each request goes to
// one of them.
type Server struct {
	nc      *nats.Conn
	module  string
	log     *slog.Logger
	admit   func(string) error
	observe func(string, Code, time.Duration)
	signer  *Signer // of nc; nil trusts the broker
	refused func(string)
	jobs    chan job

	// Workers are started when they are first needed.
	most    int32
	started atomic.Int32
	idle    atomic.Int32 // idle workers minus waiting jobs
	workers sync.WaitGroup

	mu      sync.Mutex
	subs    []*nats.Subscription
	closing sync.Once
}

type job struct {
	msg      *nats.Msg
	run      func(context.Context, []byte) ([]byte, error)
	received time.Time
}

// NewServer makes a module's server; Handle gives it subjects.
func NewServer(nc *nats.Conn, module string, opts ServerOptions) *Server {
	if opts.Workers <= 0 {
		opts.Workers = 64
	}
	if opts.MaxPending <= 0 {
		opts.MaxPending = 4096
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Server{
		nc: nc, module: module, admit: opts.Admit, observe: opts.Observe, signer: signerOf(nc), refused: opts.Refused,
		log:  opts.Log.With("module", module),
		jobs: make(chan job, opts.MaxPending), most: int32(opts.Workers),
	}
}

// Handle lets h answer requests to subject, which starts with "rpc.". The context carries the caller's request id and
// actor and ends with the caller's. h may return an *Error, wrapped or not; anything else is logged and crosses as
// Internal. When Handle returns, callers on other connections can reach it.
//
// It panics on a subject that cannot be served, which is a mistake in the program.
func Handle[Req, Res any](s *Server, subject string, h func(context.Context, Req) (Res, error)) {
	s.handle(subject, answerWith(h))
}

// answerWith makes a function over bytes of a method.
func answerWith[Req, Res any](h func(context.Context, Req) (Res, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, body []byte) ([]byte, error) {
		var req Req
		if err := Unmarshal(body, &req); err != nil {
			e := E(Invalid, "malformed", "").Because(err)
			if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				e.Field = te.Field
			}
			return nil, e
		}
		res, err := h(context.WithValue(ctx, bodyKey[Req]{}, Raw[Req](body)), req)
		if err != nil {
			return nil, err
		}
		b, err := MarshalPlain(res)
		if err != nil {
			return nil, fmt.Errorf("encode answer: %w", err)
		}
		return b, nil
	}
}

func (s *Server) handle(subject string, run func(context.Context, []byte) ([]byte, error)) {
	if !strings.HasPrefix(subject, "rpc.") {
		panic("link: request subject " + subject + " does not start with rpc.")
	}
	// Callbacks of a subscription run one after another, so all they do is hand the request on.
	sub, err := s.nc.QueueSubscribe(subject, s.module, func(msg *nats.Msg) {
		j := job{msg: msg, run: run, received: time.Now()}
		select {
		case s.jobs <- j:
			s.addWorker()
		default:
			e := E(Unavailable, "busy", "")
			e.RetryAfter = 1
			s.answer(j, nil, e)
		}
	})
	if err == nil {
		err = sub.SetPendingLimits(1<<20, 1<<30)
	}
	if err != nil {
		if errors.Is(err, nats.ErrBadSubject) {
			panic("link: request subject " + subject + ": " + err.Error())
		}
		s.log.Error("subscribe", "subject", subject, "error", err)
		return
	}
	s.mu.Lock()
	s.subs = append(s.subs, sub)
	s.mu.Unlock()
	if s.nc.IsConnected() {
		if err := s.nc.FlushTimeout(5 * time.Second); err != nil {
			s.log.Warn("flush subscription", "subject", subject, "error", err)
		}
	}
}

// addWorker starts a worker if more jobs wait than workers are idle.
func (s *Server) addWorker() {
	if s.idle.Add(-1) >= 0 || s.started.Load() >= s.most {
		return
	}
	if s.started.Add(1) > s.most {
		s.started.Add(-1)
		return
	}
	s.workers.Go(s.work)
}

func (s *Server) work() {
	s.idle.Add(1)
	for j := range s.jobs {
		s.serve(j)
		s.idle.Add(1)
	}
}

func (s *Server) serve(j job) {
	timeout := DefaultTimeout
	if ms, err := strconv.ParseInt(j.msg.Header.Get(headerTimeout), 10, 64); err == nil && ms > 0 {
		timeout = time.Duration(ms) * time.Millisecond
	}
	ctx, cancel := context.WithDeadline(context.Background(), j.received.Add(timeout))
	defer cancel()
	if ctx.Err() != nil {
		// The caller has given up: serving the request now would only delay the others.
		s.answer(j, nil, E(Unavailable, "busy", ""))
		return
	}
	if err := s.trusted(ctx, j); err != nil {
		s.answer(j, nil, err)
		return
	}
	if s.admit != nil {
		if err := s.admit(j.msg.Subject); err != nil {
			s.answer(j, nil, err)
			return
		}
	}
	ctx, err := withOrigin(ctx, j.msg.Header.Get(headerRequestID), j.msg.Header.Get(headerActor))
	if err != nil {
		s.answer(j, nil, err)
		return
	}
	body, err := unpack(j.msg)
	if err != nil {
		if CodeOf(err) != TooLarge {
			err = E(Invalid, "malformed", "").Because(err)
		}
		s.answer(j, nil, err)
		return
	}
	res, err := s.guard(ctx, j, body)
	s.answer(j, res, err)
}

// guard runs the handler and turns a panic into an error.
func (s *Server) guard(ctx context.Context, j job, body []byte) (res []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("handler panicked", "subject", j.msg.Subject, "request", RequestID(ctx), "panic", p, "stack", string(debug.Stack()))
			res, err = nil, &panicked{p}
		}
	}()
	return j.run(ctx, body)
}

type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// answer sends the result of a request. A body that the broker refuses becomes TooLarge, so that the caller does not wait
// in vain.
func (s *Server) answer(j job, body []byte, err error) {
	var code Code
	if err == nil {
		err = s.reply(j.msg, body, nats.Header{})
	}
	if err != nil {
		e := AsError(err)
		code = e.Code
		if code == Internal || code == "" {
			code = Internal
			if _, logged := errors.AsType[*panicked](err); !logged {
				s.log.Error("request failed", "subject", j.msg.Subject, "request", j.msg.Header.Get(headerRequestID), "error", err)
			}
			e = E(Internal, string(Internal), "")
		}
		b, merr := Marshal(e)
		if merr == nil {
			merr = s.reply(j.msg, b, nats.Header{headerError: {string(code)}})
		}
		if merr != nil {
			s.log.Warn("answer request", "subject", j.msg.Subject, "request", j.msg.Header.Get(headerRequestID), "error", merr)
		}
	}
	d := time.Since(j.received)
	if s.observe != nil {
		s.observe(j.msg.Subject, code, d)
	}
	if s.log.Enabled(context.Background(), slog.LevelDebug) {
		s.log.Debug("request", "subject", j.msg.Subject, "request", j.msg.Header.Get(headerRequestID), "code", code, "took", d)
	}
}

func (s *Server) reply(to *nats.Msg, body []byte, h nats.Header) error {
	if to.Reply == "" {
		return nil
	}
	data, err := pack(body, h)
	if err != nil {
		return fmt.Errorf("compress answer: %w", err)
	}
	if len(h) == 0 {
		h = nil
	}
	return s.nc.PublishMsg(&nats.Msg{Subject: to.Reply, Header: h, Data: data})
}

// Close stops taking requests, answers the requests already taken and returns. It may be called more than once.
func (s *Server) Close() { s.closing.Do(s.drain) }

func (s *Server) drain() {
	s.mu.Lock()
	subs := s.subs
	s.mu.Unlock()

	var drained sync.WaitGroup
	for _, sub := range subs {
		drained.Add(1)
		var once sync.Once
		sub.SetClosedHandler(func(string) { once.Do(drained.Done) })
		if err := sub.Drain(); err != nil {
			once.Do(drained.Done) // the connection is gone, and its subscriptions with it
		}
	}
	drained.Wait()
	close(s.jobs)
	s.workers.Wait()
	if s.nc.IsConnected() {
		if err := s.nc.FlushTimeout(5 * time.Second); err != nil {
			s.log.Warn("flush last answers", "error", err)
		}
	}
}
