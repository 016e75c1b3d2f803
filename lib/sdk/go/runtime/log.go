package chatbot

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
)

var levels = map[string]slog.Level{"warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug}

// log writes what the chosen level lets through. An unknown level is off.
func (s *settings) log(ctx context.Context, level slog.Level, line string, more ...any) {
	chosen, isOn := levels[s.logLevel]
	if !isOn || level < chosen {
		return
	}
	logger := s.logger
	if logger == nil {
		logger = slog.Default()
	}
	for i, value := range more {
		if data, isJSON := value.(json.RawMessage); isJSON {
			more[i] = redacted(data)
		}
	}
	logger.Log(ctx, level, line, more...)
}

var (
	secretName = regexp.MustCompile(`(?i)authorization|key$|token|secret|password|credential|cookie|signature`)
	secretText = regexp.MustCompile(`\b(sk|whsec)_[\w+/=-]+`)
	// Headers of HTTP and of ours, which hold nothing of anybody.
	shownHeader = regexp.MustCompile(`(?i)^(accept|content-type|user-agent|idempotency-key|x-request-id|retry-after)$`)
)

// redacted gives JSON without what its names say is a secret, and without the headers that are sent to servers of others.
func redacted(data json.RawMessage) string {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return "[no JSON]"
	}
	text, _ := json.Marshal(redact("", value))
	return string(text)
}

// printed gives what is printed of a value, that came as this JSON or was made otherwise.
func printed(raw json.RawMessage, value any) string {
	if raw == nil {
		raw, _ = json.Marshal(value)
	}
	return redacted(raw)
}

func redact(name string, value any) any {
	_, isNumber := value.(float64)
	if secretName.MatchString(name) && value != nil && !isNumber && !strings.EqualFold(name, "idempotency-key") {
		return "[redacted]"
	}
	switch value := value.(type) {
	case map[string]any:
		for field, inner := range value {
			if strings.EqualFold(name, "headers") && !shownHeader.MatchString(field) {
				value[field] = "[redacted]"
			} else {
				value[field] = redact(field, inner)
			}
		}
	case []any:
		for i, inner := range value {
			value[i] = redact("", inner)
		}
	case string:
		return secretText.ReplaceAllString(value, "${1}_[redacted]")
	}
	return value
}

// seen gives headers as JSON for the log.
func seen(header http.Header) json.RawMessage {
	flat := map[string]string{}
	for name := range header {
		flat[name] = header.Get(name)
	}
	data, _ := json.Marshal(map[string]any{"headers": flat})
	return data
}
