// Backend is a backend of a bot: SIGNING_SECRET is that of its integration, whose url is where this server can be reached.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"chatbot-platform/chatbot"
)

func answer(_ context.Context, turn *chatbot.BackendRequest) (*chatbot.BackendReply, error) {
	text := fmt.Sprintf("%s has read %d messages.", turn.Bot.Name, len(turn.Messages))
	return &chatbot.BackendReply{Content: text}, nil
}

func main() {
	handler := chatbot.Backend(os.Getenv("SIGNING_SECRET"), answer, chatbot.WithOnError(func(err error) { log.Print(err) }))
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "8000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Listens on", listener.Addr())
	log.Fatal(http.Serve(listener, handler))
}
