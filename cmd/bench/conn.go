package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// conn is one kept-alive HTTP/1.1 connection to the product. The generator shares two cores with the product, and
// net/http's client takes about as much of them as the server does: this one writes a request as bytes, reads the
// answer into a buffer that it keeps, and knows no more of HTTP than the product's answers need. Not safe for several
// goroutines.
type conn struct {
	addr  string
	local net.Addr // nil: any
	token string

	c    net.Conn
	r    *bufio.Reader
	out  []byte
	body []byte
}

// reply is an answer. Body and the rest are valid until the next request.
type reply struct {
	status     int
	body       []byte
	etag       string
	location   string
	retryAfter time.Duration
}

// answerWithin bounds a request: past it the product counts as not answering.
const answerWithin = 60 * time.Second

// header is one more line of a request.
type header struct{ name, value string }

func (c *conn) do(method, path, key string, body []byte, more ...header) (reply, error) {
	if c.c == nil {
		d := net.Dialer{LocalAddr: c.local, Timeout: 10 * time.Second}
		nc, err := d.Dial("tcp", c.addr)
		if err != nil {
			return reply{}, fmt.Errorf("connect: %w", err)
		}
		c.c, c.r = nc, bufio.NewReaderSize(nc, 16<<10)
	}
	b := append(c.out[:0], method...)
	b = append(b, ' ')
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, c.addr...)
	accept := "application/json"
	if len(more) > 0 && more[0].name == "Accept" {
		accept, more = more[0].value, more[1:]
	}
	b = append(b, "\r\nAccept: "...)
	b = append(b, accept...)
	if c.token != "" {
		b = append(b, "\r\nAuthorization: Bearer "...)
		b = append(b, c.token...)
	}
	if key != "" {
		b = append(b, "\r\nIdempotency-Key: "...)
		b = append(b, key...)
	}
	typed := false
	for _, h := range more {
		b = append(b, "\r\n"...)
		b = append(b, h.name...)
		b = append(b, ": "...)
		b = append(b, h.value...)
		typed = typed || h.name == "Content-Type"
	}
	if body != nil {
		if !typed {
			b = append(b, "\r\nContent-Type: application/json"...)
		}
		b = append(b, "\r\nContent-Length: "...)
		b = strconv.AppendInt(b, int64(len(body)), 10)
	}
	b = append(b, "\r\n\r\n"...)
	b = append(b, body...)
	c.out = b
	if err := c.c.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return reply{}, c.broken(err)
	}
	if _, err := c.c.Write(b); err != nil {
		return reply{}, c.broken(err)
	}
	res, last, err := c.read(method)
	if err != nil {
		return reply{}, c.broken(err)
	}
	if last {
		c.close()
	}
	return res, nil
}

var (
	errMalformed = errors.New("the answer is not HTTP")
	crlf         = []byte("\r\n")
)

// read reads an answer; last says that the server closes the connection after it.
func (c *conn) read(method string) (res reply, last bool, err error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return res, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return res, false, errMalformed
	}
	if res.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return res, false, errMalformed
	}
	length, chunked := -1, false
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return res, false, err
		}
		line = bytes.TrimSuffix(line, crlf)
		if len(line) == 0 {
			break
		}
		i := bytes.IndexByte(line, ':')
		if i < 0 {
			return res, false, errMalformed
		}
		value := bytes.TrimSpace(line[i+1:])
		switch string(line[:i]) { // Go's servers write canonical names
		case "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil {
				return res, false, errMalformed
			}
		case "Transfer-Encoding":
			chunked = string(value) == "chunked"
		case "Connection":
			last = string(value) == "close"
		case "Etag":
			res.etag = string(value)
		case "Location":
			res.location = string(value)
		case "Retry-After":
			seconds, _ := strconv.Atoi(string(value)) // a date is no number of seconds: then there is no hint
			res.retryAfter = time.Duration(seconds) * time.Second
		}
	}
	c.body = c.body[:0]
	switch {
	case method == "HEAD" || res.status == 304 || res.status == 204:
	case chunked:
		err = c.readChunks()
	case length >= 0:
		err = c.readBody(length)
	default:
		err = errMalformed
	}
	res.body = c.body
	return res, last, err
}

func (c *conn) readBody(n int) error {
	for n > 0 {
		if c.r.Buffered() == 0 {
			if _, err := c.r.Peek(1); err != nil {
				return err
			}
		}
		part, err := c.r.Peek(min(n, c.r.Buffered()))
		if err != nil {
			return err
		}
		c.body = append(c.body, part...)
		n -= len(part)
		if _, err := c.r.Discard(len(part)); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) readChunks() error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return errMalformed
		}
		if err := c.readBody(int(size)); err != nil {
			return err
		}
		if _, err := c.r.Discard(len(crlf)); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

// broken drops the connection; the next request makes a new one.
func (c *conn) broken(err error) error {
	c.close()
	return err
}

func (c *conn) close() {
	if c.c != nil {
		_ = c.c.Close() // nothing more is wanted of it
		c.c = nil
	}
}
