package chatbot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// ErrNoAPIKey is the error of a call that needs a key where there is none.
var ErrNoAPIKey = errors.New("there is no API key: set CHATBOT_PLATFORM_API_KEY or WithAPIKey")

// Error is what the API refused or failed with. [errors.Is] finds out with which status: ErrNotFound. Its text has each problem
// and the id of the request too.
type Error struct {
	Status int
	// What went wrong, for programs. Codes may be added.
	Code    ErrorCode
	Message string
	// Quote it when you ask for help.
	RequestID string
	// Each problem with the field where it is; empty where no field is to blame.
	Details []ErrorDetail
	Header  http.Header
}

func (e *Error) Error() string {
	text := e.Message
	for _, one := range e.Details {
		text += " " + one.Path + ": " + one.Message
	}
	if e.RequestID != "" {
		text += " (" + e.RequestID + ")"
	}
	return text
}

// Is says whether it has the status of ErrNotFound and its like.
func (e *Error) Is(target error) bool {
	kind, ok := target.(*statusError)
	return ok && kind == kindOf(e.Status)
}

var seconds = regexp.MustCompile(`^\d+$`)

// RetryAfter gives how long to wait before the next try, where the API says so.
func (e *Error) RetryAfter() (time.Duration, bool) {
	text := e.Header.Get("Retry-After")
	if !seconds.MatchString(text) {
		return 0, false
	}
	// What is too large for it becomes the largest.
	number, _ := strconv.ParseInt(text, 10, 32)
	return time.Duration(number) * time.Second, true
}

// statusError is a status by its name.
type statusError struct {
	text string
}

func (e *statusError) Error() string { return e.text }

func kindOf(status int) *statusError {
	if kind := statusErrors[status]; kind != nil || status < 500 {
		return kind
	}
	return statusErrors[500]
}

// refusal reads what the API says; anything between here and there may have answered something else.
func refusal(response *http.Response, body []byte) *Error {
	err := &Error{Status: response.StatusCode, Header: response.Header}
	if err.Status >= 300 && err.Status < 400 {
		err.Message = "the server answered with a redirect, which is not followed: correct the base URL"
		return err
	}
	var said struct {
		Error map[string]json.RawMessage `json:"error"`
	}
	_ = json.Unmarshal(body, &said)
	_ = json.Unmarshal(said.Error["code"], &err.Code)
	_ = json.Unmarshal(said.Error["message"], &err.Message)
	_ = json.Unmarshal(said.Error["request_id"], &err.RequestID)
	_ = json.Unmarshal(said.Error["details"], &err.Details)
	if err.Message == "" {
		err.Message = fmt.Sprintf("the server answered with status %d", err.Status)
	}
	if err.RequestID == "" {
		err.RequestID = response.Header.Get("X-Request-Id")
	}
	return err
}

// ConnectionError says that no whole answer came: the network failed, or what came was no JSON.
type ConnectionError struct {
	Message string
	// Whether it was a matter of time.
	IsTimeout bool
	Err       error
}

func (e *ConnectionError) Error() string { return e.Message + ": " + e.Err.Error() }

// Unwrap gives what was behind it.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Timeout says whether no whole answer came in time, as [net.Error] does.
func (e *ConnectionError) Timeout() bool { return e.IsTimeout }

// WebhookVerificationError says that what came is not what the platform signed, or that it is too old.
type WebhookVerificationError struct {
	Message string
}

func (e *WebhookVerificationError) Error() string { return e.Message }

// ReplyTimeoutError says that the bot has not replied in time. The message is kept, and the reply may still come.
type ReplyTimeoutError struct {
	// The message as it is kept; nil when the platform was never reached.
	Sent *Message
	// What the last try failed with, if it did.
	Err error
}

func (e *ReplyTimeoutError) Error() string {
	return "the bot has not replied in time: look into the conversation later"
}

// Unwrap gives what the last try failed with, if it did.
func (e *ReplyTimeoutError) Unwrap() error { return e.Err }

// WaitTimeoutError says that an execution has not ended in time. It goes on unless WithCancelOnTimeout said otherwise.
type WaitTimeoutError struct {
	// As it was last seen; nil when the platform was never reached.
	Execution *Execution
	// What the last try failed with, if it did.
	Err error
}

func (e *WaitTimeoutError) Error() string { return "the execution has not ended in time" }

// Unwrap gives what the last try failed with, if it did.
func (e *WaitTimeoutError) Unwrap() error { return e.Err }
