// Agent-loop makes a loop, runs it, and shows each step when it has finished.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"chatbot-platform/chatbot"
)

func main() {
	ctx := context.Background()
	client := chatbot.New()

	loop, err := client.AgentLoops.Create(ctx, chatbot.AgentLoopCreate{
		Name:         "What time is it",
		SystemPrompt: "You answer in one sentence.",
		UserMessage:  "What time is it in {{city}}?",
		Model:        chatbot.Value(chatbot.ModelConfigInput{Provider: chatbot.ModelProviderEcho, Name: "echo"}),
		Tools:        chatbot.Value([]chatbot.ToolInput{{Value: chatbot.TimeToolInput{}}}),
	})
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.AgentLoops.Run(ctx, loop.ID, chatbot.AgentLoopRun{
		Variables: chatbot.Value(map[string]any{"city": "Berlin"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	for step, err := range client.Executions.Watch(ctx, run.ID, chatbot.WithWaitTimeout(time.Minute)) {
		if err != nil {
			log.Fatal(err)
		}
		switch is := step.Value.(type) {
		case chatbot.ModelStep:
			fmt.Println(step.Number, is.Text)
		case chatbot.ToolStep:
			fmt.Println(step.Number, is.Tool)
		}
	}
	execution, err := client.Executions.Wait(ctx, run.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(execution.Status)
	if _, err := client.AgentLoops.Delete(ctx, loop.ID); err != nil {
		log.Fatal(err)
	}
}
