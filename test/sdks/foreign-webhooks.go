// Reads and signs with the SDK and with the library of Standard Webhooks: both have to say the same. Given: vectors.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"chatbot-platform/chatbot"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	var vectors []struct {
		Title   string            `json:"title"`
		IsRight bool              `json:"is_right"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
		Secret  string            `json:"secret"`
	}
	if err := json.Unmarshal(must(os.ReadFile(os.Args[1])), &vectors); err != nil {
		log.Fatal(err)
	}
	webhooks := chatbot.New().Webhooks
	for _, one := range vectors {
		body, header := []byte(one.Body), http.Header{}
		for name, value := range one.Headers {
			header.Set(name, value)
		}
		secret, theirs := chatbot.WithWebhookSecrets(one.Secret), must(standardwebhooks.NewWebhook(one.Secret))
		our, their := webhooks.Verify(body, header, secret), theirs.Verify(body, header)
		if (our == nil) != one.IsRight || (their == nil) != one.IsRight {
			log.Fatalf("%s: %v, %v", one.Title, our, their)
		}
		now := time.Now()
		signed := must(webhooks.Sign(body, "evt_7", now, secret)).Get("Webhook-Signature")
		if signed != must(theirs.Sign("evt_7", now, body)) {
			log.Fatalf("%s is signed as %s", one.Title, signed)
		}
	}
}
