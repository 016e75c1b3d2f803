package chatbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const maxBytes = 1 << 20

// Backend makes a backend of a bot: a handler that lets in what the platform has signed with the secret, or with one of
// several that have blanks between them, and answers with what answer gives. An error is answered with 500, so that the
// bot's fallback steps in; WithOnError is told of it. It panics where there is no secret, or what is none.
func Backend(secret string, answer func(context.Context, *BackendRequest) (*BackendReply, error), opts ...Option) http.Handler {
	s := settings{secrets: strings.Fields(secret)}.with(opts)
	if _, err := keysOf(s.secrets); err != nil {
		panic("chatbot.Backend: " + err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(io.LimitReader(request.Body, maxBytes+1))
		if err != nil {
			refuse(w, http.StatusBadRequest, "The body has not come whole.")
			return
		}
		if len(body) > maxBytes {
			refuse(w, http.StatusRequestEntityTooLarge, "The body is larger than 1 MiB.")
			return
		}
		if err := verify(body, request.Header, s); err != nil {
			refuse(w, http.StatusUnauthorized, err.Error())
			return
		}
		turn := &BackendRequest{}
		if err := json.Unmarshal(body, turn); err != nil {
			refuse(w, http.StatusBadRequest, "The body is not JSON of the form that this version knows.")
			return
		}
		reply, err := replyTo(request.Context(), answer, turn)
		if err != nil {
			if s.onError != nil {
				s.onError(err)
			}
			refuse(w, http.StatusInternalServerError, "The backend failed.")
			return
		}
		write(w, http.StatusOK, reply)
	})
}

// replyTo gives the reply as JSON. It takes a panic for an error.
func replyTo(ctx context.Context, answer func(context.Context, *BackendRequest) (*BackendReply, error), turn *BackendRequest) (written []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the backend panicked: %v", cause)
		}
	}()
	reply, err := answer(ctx, turn)
	if err != nil {
		return nil, err
	}
	if reply == nil {
		return nil, errors.New("the backend gave no reply")
	}
	return json.Marshal(reply)
}

func refuse(w http.ResponseWriter, status int, message string) {
	// These are strings.
	body, _ := json.Marshal(map[string]any{"error": map[string]string{"message": message}})
	write(w, status, body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
