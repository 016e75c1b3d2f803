// Webhooks receives webhooks. CHATBOT_PLATFORM_WEBHOOK_SECRET is the endpoint's, or two of them while it is rotated.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"chatbot-platform/chatbot"
)

func main() {
	client := chatbot.New()
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "the body has not come whole", http.StatusBadRequest)
			return
		}
		event, err := client.Webhooks.Unwrap(body, r.Header)
		var unverified *chatbot.WebhookVerificationError
		if errors.As(err, &unverified) {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "it failed", http.StatusInternalServerError)
			return
		}
		switch is := event.Value.(type) {
		case chatbot.AgentLoopCompletedEvent:
			fmt.Println(is.Data.AgentLoopName, is.Data.Status)
		case chatbot.ChannelDisconnectedEvent:
			fmt.Println(is.Data.Reason)
		default:
			fmt.Println(event.Type)
		}
		w.WriteHeader(http.StatusNoContent)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "8000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Listens on", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(receive)))
}
