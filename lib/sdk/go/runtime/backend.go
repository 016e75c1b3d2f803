package chatbot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const maxBytes = 1 << 20

// Backend makes a backend of a bot: a handler that lets in what the platform has signed with the secret, or with one of
// several that have blanks between them, and answers with what answer gives. An error is answered with 500, so that the
// bot's fallback steps in; WithOnError is told of it.
func Backend(secret string, answer func(context.Context, *BackendRequest) (*BackendReply, error), opts ...Option) http.Handler {
	s := settings{secrets: strings.Fields(secret)}.with(opts)
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
		reply, err := safely(request.Context(), answer, turn)
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

// safely takes a panic for an error.
func safely(ctx context.Context, answer func(context.Context, *BackendRequest) (*BackendReply, error), turn *BackendRequest) (reply *BackendReply, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the backend panicked: %v", cause)
		}
	}()
	reply, err = answer(ctx, turn)
	if reply == nil && err == nil {
		err = fmt.Errorf("the backend gave no reply")
	}
	return reply, err
}

func refuse(w http.ResponseWriter, status int, message string) {
	write(w, status, map[string]any{"error": map[string]string{"message": message}})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
