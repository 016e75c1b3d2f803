// The Go SDK for the proof: reads commands, one a line, and answers them in their order. See protocol.ts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"chatbot-platform/chatbot"
)

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

var backend *http.Server

func (o *outcome) act(c *command) (value any, failed error) {
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
		// It panics where there is no secret.
		defer func() {
			if cause := recover(); cause != nil {
				failed = fmt.Errorf("%v", cause)
			}
		}()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		hasFailed := atomic.Bool{}
		handler := chatbot.Backend(params.Secret[0], func(context.Context, *chatbot.BackendRequest) (*chatbot.BackendReply, error) {
			if params.Fails && hasFailed.Swap(true) {
				panic("the backend of the proof fails again")
			} else if params.Fails {
				return nil, errors.New("the backend of the proof fails")
			}
			if params.Unsendable {
				return &chatbot.BackendReply{Metadata: chatbot.Value(map[string]any{"big": math.Inf(1)})}, nil
			}
			if params.Reply == nil {
				return nil, nil
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
	resources := reflect.ValueOf(client).Elem().FieldByName(goName(resource))
	if !resources.IsValid() || !resources.MethodByName(goName(name)).IsValid() {
		return nil, fmt.Errorf("there is no method %s", c.Call)
	}
	method := resources.MethodByName(goName(name))
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
