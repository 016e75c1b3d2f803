// What values of the Go SDK look like when they are printed.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"chatbot-platform/chatbot"
)

func main() {
	var endpoint chatbot.WebhookEndpoint
	read(`{"id":"wh_1","secret":"whsec_abc","later":"moon"}`, &endpoint)
	for _, text := range []string{
		fmt.Sprint(endpoint), fmt.Sprintf("%v", &endpoint), fmt.Sprintf("%+v", []chatbot.WebhookEndpoint{endpoint}),
	} {
		holds(text, "wh_1", "moon")
	}
	var step chatbot.Step
	read(`{"id":"step_1","number":1,"kind":"dream","about":"sheep"}`, &step)
	holds(fmt.Sprint(step), "dream", "sheep")
	holds(fmt.Sprint(chatbot.Bot{Name: "Made by hand"}), "Made by hand")
	tool := chatbot.ToolInput{Value: chatbot.MCPToolInput{Name: "tools", Headers: chatbot.Value(map[string]string{"X-Mine": "whsec_abc"})}}
	holds(fmt.Sprint(tool), "tools")
	holds(fmt.Sprintf("%+v", chatbot.New(chatbot.WithAPIKey("whsec_abc"))), "Bots")
}

func read(text string, into any) {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		log.Fatal(err)
	}
}

// holds ends the program where a print lacks something, has a secret, or has bytes as numbers.
func holds(text string, wanted ...string) {
	for _, one := range wanted {
		if !strings.Contains(text, one) {
			log.Fatalf("%q lacks %q", text, one)
		}
	}
	if strings.Contains(text, "whsec_abc") || strings.Contains(text, "[123 ") {
		log.Fatalf("%q was to be printed otherwise", text)
	}
}
