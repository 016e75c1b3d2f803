# frozen_string_literal: true

module ChatbotPlatform
  # A backend of a bot, as a Rack application: it lets in what the platform has signed, and answers with what its block
  # makes of a turn.
  #
  #     run ChatbotPlatform::Backend.new(secret) { |turn| { content: "You said #{turn.messages.last.content}." } }
  class Backend
    MAX_BYTES = 1024 * 1024
    # What is too large is read so far, so that whoever sends it hears the answer.
    DRAINED_BYTES = 8 * MAX_BYTES
    private_constant :MAX_BYTES, :DRAINED_BYTES

    # @param secret [String, Array<String>] the integration's `signing_secret`; without one it raises an `ArgumentError`
    # @param on_error [#call, nil] is told what the block failed with, which is answered with 500
    # @yieldparam turn [Types::BackendRequest]
    # @yieldreturn [Hash] the reply, as `{ content: "Hello!" }`
    def initialize(secret, on_error: nil, &answer)
      raise ArgumentError, "A backend needs a block that answers." unless answer

      # With none it raises.
      Webhooks.sign("", secret)
      @secret = secret
      @on_error = on_error
      @answer = answer
    end

    # As Rack calls it.
    def call(env)
      status, body = answer_to(env)
      headers = { "content-type" => "application/json", "content-length" => body.bytesize.to_s }
      [status, headers, env["REQUEST_METHOD"] == "HEAD" ? [] : [body]]
    end

    def inspect = "#<#{self.class.name}>"

    private

    # The status and the body.
    def answer_to(env)
      body = read(env["rack.input"])
      return refuse(413, "The body is larger than 1 MiB.") unless body

      Webhooks.verify(body, env, @secret)
      turn = Json.parse(body)
      turn.is_a?(Hash) ? reply_to(Types::BackendRequest.new(turn)) : refuse(400, "The body is no object.")
    rescue WebhookVerificationError => error
      refuse(401, error.message)
    rescue JSON::ParserError
      refuse(400, "The body is not JSON.")
    end

    def reply_to(turn)
      reply = @answer.call(turn)
      raise ArgumentError, "The backend gave no reply." if reply.nil?

      [200, Json.generate(reply)]
    rescue StandardError => error
      @on_error&.call(error)
      refuse(500, "The backend failed.")
    end

    def refuse(status, message) = [status, Json.generate({ error: { message: } })]

    # nil for what is too large.
    def read(input)
      content = input&.read(MAX_BYTES + 1) || "".b
      return content if content.bytesize <= MAX_BYTES

      left = DRAINED_BYTES
      while left.positive? && (chunk = input.read([left, 65_536].min))
        left -= chunk.bytesize
      end
      nil
    end
  end
end
