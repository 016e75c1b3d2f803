// The Go SDK for the proof: reads commands, one a line, and answers them in their order. See protocol.ts.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"chatbot-platform/chatbot"
)

type command struct {
	Client struct {
		BaseURL       string            `json:"base_url"`
		APIKey        string            `json:"api_key"`
		TimeoutMs     *int              `json:"timeout_ms"`
		MaxRetries    *int              `json:"max_retries"`
		Log           string            `json:"log"`
		Headers       map[string]string `json:"headers"`
		WebhookSecret secrets           `json:"webhook_secret"`
	} `json:"client"`
	Call    string          `json:"call"`
	Args    []string        `json:"args"`
	Params  json.RawMessage `json:"params"`
	Options struct {
		IdempotencyKey  string            `json:"idempotency_key"`
		TimeoutMs       *int              `json:"timeout_ms"`
		MaxRetries      *int              `json:"max_retries"`
		Headers         map[string]string `json:"headers"`
		Query           map[string]any    `json:"query"`
		Body            map[string]any    `json:"body"`
		AbortMs         *int              `json:"abort_ms"`
		CancelOnTimeout bool              `json:"cancel_on_timeout"`
		Steps           bool              `json:"steps"`
	} `json:"options"`
	As    string `json:"as"`
	Limit *int   `json:"limit"`
}

// secrets are one, or a list of them.
type secrets []string

func (s *secrets) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]string)(s))
	}
	*s = secrets{""}
	return json.Unmarshal(data, &(*s)[0])
}

type told struct {
	Body             string            `json:"body"`
	Headers          map[string]string `json:"headers"`
	Secret           secrets           `json:"secret"`
	ToleranceSeconds int               `json:"tolerance_seconds"`
	ID               string            `json:"id"`
	Timestamp        int64             `json:"timestamp"`
	Reply            json.RawMessage   `json:"reply"`
	Fails            bool              `json:"fails"`
}

type outcome struct {
	Value    any       `json:"value"`
	Error    any       `json:"error,omitempty"`
	Response any       `json:"response,omitempty"`
	Pauses   []float64 `json:"pauses"`
	Log      []string  `json:"log"`
	Steps    []int     `json:"steps"`
}

// Handle keeps what is logged, as a handler of slog.
func (o *outcome) Handle(_ context.Context, record slog.Record) error {
	line := record.Message
	record.Attrs(func(attr slog.Attr) bool {
		line += " " + attr.String()
		return true
	})
	o.Log = append(o.Log, line)
	return nil
}
func (o *outcome) Enabled(context.Context, slog.Level) bool { return true }
func (o *outcome) WithAttrs([]slog.Attr) slog.Handler       { return o }
func (o *outcome) WithGroup(string) slog.Handler            { return o }

func (o *outcome) sleep(ctx context.Context, pause time.Duration) error {
	o.Pauses = append(o.Pauses, float64(pause)/float64(time.Millisecond))
	select {
	case <-time.After(min(pause, 20*time.Millisecond)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func milliseconds(count int) time.Duration { return time.Duration(count) * time.Millisecond }

func (o *outcome) clientOf(c *command) *chatbot.Client {
	opts := []chatbot.Option{chatbot.WithLogger(slog.New(o)), chatbot.WithSleep(o.sleep)}
	add := func(isGiven bool, opt chatbot.Option) {
		if isGiven {
			opts = append(opts, opt)
		}
	}
	client := c.Client
	add(client.BaseURL != "", chatbot.WithBaseURL(client.BaseURL))
	add(client.APIKey != "", chatbot.WithAPIKey(client.APIKey))
	add(client.Log != "", chatbot.WithLogLevel(client.Log))
	add(client.WebhookSecret != nil, chatbot.WithWebhookSecrets(client.WebhookSecret...))
	if client.TimeoutMs != nil {
		add(true, chatbot.WithTimeout(milliseconds(*client.TimeoutMs)))
	}
	if client.MaxRetries != nil {
		add(true, chatbot.WithMaxRetries(*client.MaxRetries))
	}
	for name, value := range client.Headers {
		add(true, chatbot.WithHeader(name, value))
	}
	return chatbot.New(opts...)
}

func (o *outcome) optionsOf(c *command, isWaiting bool) []chatbot.Option {
	opts := []chatbot.Option{}
	given := c.Options
	if given.IdempotencyKey != "" {
		opts = append(opts, chatbot.WithIdempotencyKey(given.IdempotencyKey))
	}
	if given.TimeoutMs != nil && isWaiting {
		opts = append(opts, chatbot.WithWaitTimeout(milliseconds(*given.TimeoutMs)))
	} else if given.TimeoutMs != nil {
		opts = append(opts, chatbot.WithTimeout(milliseconds(*given.TimeoutMs)))
	}
	if given.MaxRetries != nil {
		opts = append(opts, chatbot.WithMaxRetries(*given.MaxRetries))
	}
	for name, value := range given.Headers {
		opts = append(opts, chatbot.WithHeader(name, value))
	}
	for name, value := range given.Query {
		opts = append(opts, chatbot.WithQuery(name, fmt.Sprint(value)))
	}
	for name, value := range given.Body {
		opts = append(opts, chatbot.WithBodyField(name, value))
	}
	if given.CancelOnTimeout {
		opts = append(opts, chatbot.WithCancelOnTimeout())
	}
	if given.Steps {
		opts = append(opts, chatbot.WithOnStep(func(step chatbot.Step) { o.Steps = append(o.Steps, step.Number) }))
	}
	return opts
}

var backend *http.Server

func (o *outcome) act(c *command) (any, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if c.Options.AbortMs != nil {
		if *c.Options.AbortMs == 0 {
			cancel()
		} else {
			defer time.AfterFunc(milliseconds(*c.Options.AbortMs), cancel).Stop()
		}
	}
	client := o.clientOf(c)
	var response *http.Response
	var params told
	// Of helpers; others have fields of their own.
	_ = json.Unmarshal(c.Params, &params)
	hooks := []chatbot.Option{chatbot.WithTolerance(time.Duration(params.ToleranceSeconds) * time.Second)}
	if params.Secret != nil {
		hooks = append(hooks, chatbot.WithWebhookSecrets(params.Secret...))
	}
	header := http.Header{}
	for name, value := range params.Headers {
		header[name] = []string{value}
	}
	switch c.Call {
	case "request":
		var asked struct {
			Query map[string]any `json:"query"`
			Body  any            `json:"body"`
		}
		if c.Params != nil {
			if err := json.Unmarshal(c.Params, &asked); err != nil {
				return nil, err
			}
		}
		opts := o.optionsOf(c, false)
		for name, value := range asked.Query {
			opts = append(opts, chatbot.WithQuery(name, fmt.Sprint(value)))
		}
		var value any
		err := client.Request(ctx, c.Args[0], c.Args[1], asked.Body, &value, opts...)
		return value, err
	case "webhooks.unwrap":
		event, err := client.Webhooks.Unwrap([]byte(params.Body), header, hooks...)
		return shown(event), err
	case "webhooks.verify":
		return nil, client.Webhooks.Verify([]byte(params.Body), header, hooks...)
	case "webhooks.sign":
		at := time.Time{}
		if params.Timestamp != 0 {
			at = time.Unix(params.Timestamp, 0)
		}
		signed, err := client.Webhooks.Sign([]byte(params.Body), params.ID, at, hooks...)
		return flat(signed), err
	case "executions.watch":
		steps := []any{}
		for step, err := range client.Executions.Watch(ctx, c.Args[0], o.optionsOf(c, true)...) {
			if err != nil {
				return nil, err
			}
			steps = append(steps, shown(step))
		}
		return steps, nil
	case "backend.start":
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		handler := chatbot.Backend(params.Secret[0], func(context.Context, *chatbot.BackendRequest) (*chatbot.BackendReply, error) {
			if params.Fails {
				return nil, errors.New("the backend of the proof fails")
			}
			reply := &chatbot.BackendReply{}
			return reply, json.Unmarshal(params.Reply, reply)
		})
		backend = &http.Server{Handler: handler}
		go backend.Serve(listener)
		return map[string]string{"url": "http://" + listener.Addr().String()}, nil
	case "backend.stop":
		return nil, backend.Close()
	}
	isWaiting := c.Call == "channels.ask" || c.Call == "agent_loops.run_and_wait" || c.Call == "executions.wait"
	opts := o.optionsOf(c, isWaiting)
	if c.As == "response" {
		opts = append(opts, chatbot.WithResponseInto(&response))
	}
	results, err := call(ctx, client, c, opts)
	if err != nil {
		return nil, err
	}
	if pages := results[0]; pages.MethodByName("Take").IsValid() {
		return read(pages, c)
	}
	if err, isError := results[1].Interface().(error); isError {
		return nil, err
	}
	if response != nil {
		if body, err := io.ReadAll(response.Body); err != nil || !json.Valid(body) {
			return nil, fmt.Errorf("the body of the response cannot be read again: %w", err)
		}
		o.Response = map[string]any{
			"status":     response.StatusCode,
			"headers":    flat(response.Header),
			"request_id": response.Header.Get("X-Request-Id"),
		}
	}
	return shown(results[0].Interface()), nil
}

// call finds a method by its name, and reads the parameters into whatever types it takes.
func call(ctx context.Context, client *chatbot.Client, c *command, opts []chatbot.Option) ([]reflect.Value, error) {
	resource, name, _ := strings.Cut(c.Call, ".")
	method := reflect.ValueOf(client).Elem().FieldByName(goName(resource)).MethodByName(goName(name))
	if !method.IsValid() {
		return nil, fmt.Errorf("there is no method %s", c.Call)
	}
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for _, arg := range c.Args {
		in = append(in, reflect.ValueOf(arg))
	}
	for len(in) < method.Type().NumIn()-1 {
		value := reflect.New(method.Type().In(len(in)))
		if c.Params != nil {
			if err := json.Unmarshal(c.Params, value.Interface()); err != nil {
				return nil, err
			}
		}
		in = append(in, value.Elem())
	}
	for _, opt := range opts {
		in = append(in, reflect.ValueOf(opt))
	}
	return method.Call(in), nil
}

// read reads a list as it is asked for.
func read(pages reflect.Value, c *command) (any, error) {
	failed := func(results []reflect.Value) error {
		err, _ := results[1].Interface().(error)
		return err
	}
	if c.Limit != nil {
		results := pages.MethodByName("Take").Call([]reflect.Value{reflect.ValueOf(*c.Limit)})
		return shown(results[0].Interface()), failed(results)
	}
	if c.As == "items" {
		rows, err := []any{}, error(nil)
		for row, failed := range pages.MethodByName("All").Call(nil)[0].Seq2() {
			if cause, isError := failed.Interface().(error); isError {
				err = cause
				break
			}
			rows = append(rows, shown(row.Interface()))
		}
		return rows, err
	}
	results := pages.MethodByName("Page").Call(nil)
	if err := failed(results); err != nil {
		return nil, err
	}
	page := results[0]
	return map[string]any{
		"data":          shown(page.Elem().FieldByName("Data").Interface()),
		"meta":          shown(page.Elem().FieldByName("Meta").Interface()),
		"has_next_page": page.MethodByName("HasNextPage").Call(nil)[0].Interface(),
	}, nil
}

var initials = map[string]bool{"api": true, "http": true, "id": true, "json": true, "mcp": true, "url": true}

func goName(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words {
		if initials[word] {
			words[i] = strings.ToUpper(word)
		} else {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

// shown gives a value as JSON: what its fields hold, and what it came as where they hold nothing of it.
func shown(value any) any {
	at := reflect.ValueOf(value)
	if !at.IsValid() || at.Kind() == reflect.Pointer && at.IsNil() {
		return nil
	}
	if at.Kind() == reflect.Slice {
		rows := []any{}
		for i := range at.Len() {
			rows = append(rows, shown(at.Index(i).Interface()))
		}
		return rows
	}
	var raw, typed any
	data, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(data, &typed)
	}
	came, isAnswer := value.(interface{ RawJSON() string })
	if err == nil && isAnswer {
		err = json.Unmarshal([]byte(came.RawJSON()), &raw)
	}
	if err != nil || !isAnswer {
		return fmt.Sprint("no answer: ", err)
	}
	return blended(raw, typed)
}

// blended gives what came with the values that fields hold in its places.
func blended(raw, typed any) any {
	switch came := raw.(type) {
	case map[string]any:
		fields, isObject := typed.(map[string]any)
		if !isObject {
			return typed
		}
		for name, value := range came {
			if held, isHeld := fields[name]; isHeld {
				came[name] = blended(value, held)
			}
		}
		return came
	case []any:
		items, isList := typed.([]any)
		if !isList || len(items) != len(came) {
			return typed
		}
		for i := range came {
			came[i] = blended(came[i], items[i])
		}
		return came
	case string:
		// The same time may be written in two ways.
		at, err := time.Parse(time.RFC3339Nano, came)
		text, _ := typed.(string)
		if held, other := time.Parse(time.RFC3339Nano, text); err == nil && other == nil && at.Equal(held) {
			return came
		}
	}
	return typed
}

func flat(header http.Header) map[string]string {
	all := map[string]string{}
	for name := range header {
		all[strings.ToLower(name)] = header.Get(name)
	}
	return all
}

var classes = []struct {
	err  error
	name string
}{
	{chatbot.ErrBadRequest, "BadRequestError"},
	{chatbot.ErrAuthentication, "AuthenticationError"},
	{chatbot.ErrPermissionDenied, "PermissionDeniedError"},
	{chatbot.ErrNotFound, "NotFoundError"},
	{chatbot.ErrConflict, "ConflictError"},
	{chatbot.ErrPayloadTooLarge, "PayloadTooLargeError"},
	{chatbot.ErrUnsupportedMediaType, "UnsupportedMediaTypeError"},
	{chatbot.ErrUnprocessableEntity, "UnprocessableEntityError"},
	{chatbot.ErrRateLimit, "RateLimitError"},
	{chatbot.ErrInternalServer, "InternalServerError"},
	{chatbot.ErrServiceUnavailable, "ServiceUnavailableError"},
}

func failure(err error) map[string]any {
	failed := map[string]any{"class": "ChatbotPlatformError", "message": err.Error()}
	var refused *chatbot.Error
	var lost *chatbot.ConnectionError
	var unverified *chatbot.WebhookVerificationError
	var noReply *chatbot.ReplyTimeoutError
	var noEnd *chatbot.WaitTimeoutError
	switch {
	case errors.As(err, &unverified):
		failed["class"] = "WebhookVerificationError"
	case errors.As(err, &noReply):
		failed["class"] = "ReplyTimeoutError"
	case errors.As(err, &noEnd):
		failed["class"] = "WaitTimeoutError"
	case errors.As(err, &refused):
		failed["class"] = "ApiError"
		for _, one := range classes {
			if errors.Is(err, one.err) {
				failed["class"] = one.name
			}
		}
		failed["status"] = refused.Status
		if refused.Code != "" {
			failed["code"] = refused.Code
		}
		if refused.RequestID != "" {
			failed["request_id"] = refused.RequestID
		}
		failed["details"] = refused.Details
		if wait, isSaid := refused.RetryAfter(); isSaid {
			failed["retry_after"] = wait.Seconds()
		}
	case errors.As(err, &lost) && lost.Timeout():
		failed["class"] = "ApiTimeoutError"
	case errors.As(err, &lost):
		failed["class"] = "ApiConnectionError"
	case errors.Is(err, context.Canceled):
		failed["class"] = "ApiAbortError"
	}
	return failed
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		o := &outcome{Pauses: []float64{}, Log: []string{}, Steps: []int{}}
		c := &command{}
		if err := json.Unmarshal(line, c); err != nil {
			o.Error = failure(err)
		} else if value, err := o.act(c); err != nil {
			o.Error = failure(err)
		} else {
			o.Value = value
		}
		if err := answers.Encode(o); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
