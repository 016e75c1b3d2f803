// Quickstart makes a bot with a channel and talks to it.
package main

import (
	"context"
	"fmt"
	"log"

	"chatbot-platform/chatbot"
)

func main() {
	ctx := context.Background()
	client := chatbot.New()

	bot, err := client.Bots.Create(ctx, chatbot.BotCreate{Name: "Quickstart"})
	if err != nil {
		log.Fatal(err)
	}
	channel, err := client.Channels.Create(ctx, bot.ID, chatbot.ChannelCreate{Type: chatbot.PlatformWeb})
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{"Hello!", "How are you?"} {
		reply, err := client.Channels.Ask(ctx, channel.ID, chatbot.MessageSend{
			User:    chatbot.MessageSender{ID: "ada", Name: chatbot.Value("Ada")},
			Content: chatbot.Text(text),
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("> %s\n%s\n", text, reply.Content.Text)
	}
	for conversation, err := range client.Conversations.List(ctx, bot.ID, chatbot.ConversationListParams{}).All() {
		if err != nil {
			log.Fatal(err)
		}
		messages, err := client.Conversations.ListMessages(ctx, conversation.ID, chatbot.ConversationListMessagesParams{}).Take(10)
		if err != nil {
			log.Fatal(err)
		}
		for _, message := range messages {
			fmt.Println(message.Role, message.Content.Text)
		}
	}
	if _, err := client.Bots.Delete(ctx, bot.ID); err != nil {
		log.Fatal(err)
	}
}
