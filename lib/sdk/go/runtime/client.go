package chatbot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"runtime"
	"time"
)

// core sends requests: what every resource is made of.
type core struct {
	settings settings
	agent    string
}

// call is what a method asks for.
type call struct {
	// A struct whose JSON is the query.
	query any
	body  any
	// Whether it needs no API key.
	isPublic bool
	// The field and the value of the answer to a DELETE that worked, though its answer was lost.
	deletedField, deletedValue string
}

func newCore(version string, opts []Option) *core {
	s := ofEnvironment()
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		// Connections of its own, so that settings of others do not reach it.
		s.httpClient = &http.Client{Transport: transport.Clone()}
	}
	return &core{s.with(opts), "chatbot-platform-go/" + version + " " + runtime.Version()}
}

// Request sends any request, for what this version has no method for: path begins with a slash and is below /v1. The body
// may be nil; the JSON of the answer, with its envelope, is put into what `into` points to. WithQuery gives the query.
func (c *core) Request(ctx context.Context, method, path string, body, into any, opts ...Option) error {
	data, err := c.send(ctx, method, path, call{body: body}, opts)
	if err != nil || into == nil {
		return err
	}
	return decode(data, into)
}

// one gives one resource, out of its envelope.
func one[T any](ctx context.Context, c *core, method, path string, asked call, opts []Option) (*T, error) {
	data, err := c.send(ctx, method, path, asked, opts)
	if err != nil {
		return nil, err
	}
	var whole struct {
		Data *T `json:"data"`
	}
	if err := decode(data, &whole); err != nil {
		return nil, err
	}
	if whole.Data == nil {
		return nil, errNoData
	}
	return whole.Data, nil
}

var errNoData = &ConnectionError{"the answer is none of the API's", false, errors.New("it has no data: is the base URL that of the platform?")}

// plain gives JSON without an envelope.
func plain[T any](ctx context.Context, c *core, method, path string, asked call, opts []Option) (*T, error) {
	data, err := c.send(ctx, method, path, asked, opts)
	if err != nil {
		return nil, err
	}
	var whole T
	return &whole, decode(data, &whole)
}

func decode(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("the answer is of another form than this version knows: %w", err)
	}
	return nil
}

func (c *core) send(ctx context.Context, method, path string, asked call, opts []Option) ([]byte, error) {
	p, err := c.prepare(method, path, asked, opts)
	if err != nil {
		return nil, err
	}
	mayHaveActed := false
	for tries := 0; ; tries++ {
		response, body, err := p.try(ctx)
		if err == nil {
			p.give(response, body)
			return body, nil
		}
		var refused *Error
		isRefused := errors.As(err, &refused)
		if isRefused && refused.Status == http.StatusNotFound && mayHaveActed && asked.deletedField != "" {
			p.give(response, body)
			// The first try did it.
			return json.Marshal(map[string]any{
				"data": map[string]any{asked.deletedField: asked.deletedValue, "deleted": true},
			})
		}
		wait, isWorthIt := pauseBefore(err, tries)
		if !isWorthIt || tries >= p.maxRetries {
			p.give(response, body)
			return nil, err
		}
		if !isRefused || refused.Status >= 500 {
			mayHaveActed = true
		}
		p.log(ctx, slog.LevelWarn, fmt.Sprintf("%s %s is tried again in %d ms: %v", method, path, wait.Milliseconds(), err))
		if err := p.sleep(ctx, wait); err != nil {
			return nil, ended(err)
		}
	}
}

// try sends once. An error is what the caller ended, an *Error or a *ConnectionError.
func (p *prepared) try(ctx context.Context) (*http.Response, []byte, error) {
	if ctx.Err() != nil {
		return nil, nil, ended(ctx.Err())
	}
	inTime, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(inTime, p.method, p.url, bytes.NewReader(p.body))
	if err != nil {
		return nil, nil, err
	}
	request.Header = p.header.Clone()
	begun := time.Now()
	p.log(ctx, slog.LevelDebug, p.method+" "+p.path, "request", seen(p.header), "body", json.RawMessage(p.body))
	response, err := p.do(request)
	var body []byte
	if err == nil {
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
	}
	if err == nil {
		p.log(ctx, slog.LevelInfo, fmt.Sprintf("%s %s %d in %d ms, %s", p.method, p.path, response.StatusCode,
			time.Since(begun).Milliseconds(), response.Header.Get("X-Request-Id")))
		if response.StatusCode < 200 || response.StatusCode > 299 {
			return response, body, refusal(response, body)
		}
		if json.Valid(body) {
			p.log(ctx, slog.LevelDebug, "answer to "+p.method+" "+p.path, "body", json.RawMessage(body))
			return response, body, nil
		}
		err = errors.New("it is no JSON")
	}
	if ctx.Err() != nil {
		return nil, nil, ended(ctx.Err())
	}
	if inTime.Err() != nil {
		return nil, nil, &ConnectionError{fmt.Sprintf("no whole answer came within %v", p.timeout), true, err}
	}
	return nil, nil, &ConnectionError{"no whole answer came", false, err}
}

// do sends through the middleware and never follows a redirect, so that the key stays here.
func (p *prepared) do(request *http.Request) (*http.Response, error) {
	client := http.Client{}
	if p.httpClient != nil {
		client = *p.httpClient
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	next := client.Do
	for i := len(p.middleware) - 1; i >= 0; i-- {
		around, inner := p.middleware[i], next
		next = func(request *http.Request) (*http.Response, error) { return around(request, inner) }
	}
	return next(request)
}

// give keeps the response for whoever asked for it.
func (p *prepared) give(response *http.Response, body []byte) {
	if p.response != nil && response != nil {
		response.Body = io.NopCloser(bytes.NewReader(body))
		*p.response = response
	}
}

func ended(cause error) error {
	return fmt.Errorf("the call was ended by its context: %w", cause)
}

var retried = map[int]bool{429: true, 500: true, 502: true, 503: true, 504: true}

// pauseBefore gives how long to wait before the next try, and whether one may help.
func pauseBefore(err error, tries int) (time.Duration, bool) {
	var refused *Error
	var lost *ConnectionError
	if errors.As(err, &refused) {
		if !retried[refused.Status] && refused.Code != "idempotency_in_progress" {
			return 0, false
		}
		if wait, isSaid := refused.RetryAfter(); isSaid {
			return wait, wait <= 60*time.Second
		}
	} else if !errors.As(err, &lost) {
		return 0, false
	}
	// Full jitter, so that many who failed together do not come back together.
	limit := min(8*time.Second, 500*time.Millisecond<<min(tries, 10))
	return time.Duration(mathrand.Float64() * float64(limit)), true
}

// isTransient says whether an error may be gone at another try.
func isTransient(err error) bool {
	_, isWorthIt := pauseBefore(err, 0)
	return isWorthIt
}
