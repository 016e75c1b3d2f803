package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"chatbot-platform/chatbot"
)

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
