package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
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
		Own           struct {
			Middleware []string `json:"middleware"`
		} `json:"own"`
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
	Unsendable       bool              `json:"unsendable"`
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
	for _, name := range client.Own.Middleware {
		add(true, chatbot.WithMiddleware(func(request *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			request.Header.Add("X-Middleware", name)
			return next(request)
		}))
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
