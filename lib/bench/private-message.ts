/** An update with a text of somebody in their private chat. */
export const privateMessage = (number: number, person = 5_117_000_123) => ({
  update_id: number,
  message: {
    message_id: number,
    date: 1_796_000_000,
    from: { id: person, is_bot: false, first_name: "Ada", username: "ada", language_code: "en" },
    chat: { id: person, type: "private", first_name: "Ada", username: "ada" },
    text: "How late are you open?",
  },
});
