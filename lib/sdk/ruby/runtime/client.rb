# frozen_string_literal: true

module ChatbotPlatform
  # The API of one platform for one team. Without settings it takes those of the environment. Threads may share it.
  class Client
    # @param api_key [String] CHATBOT_PLATFORM_API_KEY unless given
    # @param base_url [String] with or without /v1: CHATBOT_PLATFORM_BASE_URL, or this machine, unless given
    # @param webhook_secret [String, Array<String>] what `webhooks` believes: CHATBOT_PLATFORM_WEBHOOK_SECRET unless given
    # @param timeout [Numeric] seconds of one try, to the last byte of its answer
    # @param max_retries [Integer] further tries of what failed on its way
    # @param headers [Hash] sent with every request
    # @param log_level [String, Symbol] "off", "warn", "info" or "debug": CHATBOT_PLATFORM_LOG unless given
    # @param logger [Logger] where lines go: to $stderr unless given
    # @param http [#call] is given each `Net::HTTP` before it connects, for a proxy or certificates
    def initialize(api_key: nil, base_url: nil, webhook_secret: nil, timeout: 30, max_retries: 2, headers: {},
                   log_level: nil, logger: nil, http: nil)
      settings = Settings.new(api_key:, base_url:, webhook_secret:, timeout:, max_retries:, headers:)
      @core = Core.new(settings, Log.new(logger, log_level || Settings.environment("LOG")), http)
    end

    # Where the API is.
    # @return [String]
    def base_url = @core.settings.base_url

    # Sends any request, for what this version has no method for: `path` begins with `/` and is below `/v1`. Gives the parsed
    # JSON of the answer, with its envelope and with symbols for names.
    def request(http_method, path, query: {}, body: nil, **options)
      @core.whole(http_method, path, query:, body:, options:)
    end

    # What the block gives, beside status and headers of the last answer that came to the client which it is given.
    #
    #     response = client.with_response { |one| one.bots.get(id) }
    #     response.data.name
    #     response.headers["x-ratelimit-remaining"]
    # @return [Response]
    def with_response
      last = nil
      noting = clone(freeze: false)
      core = @core.noting { |response| last = response }
      noting.instance_variable_set(:@core, core)
      data = yield noting
      raise ArgumentError, "The block has asked nothing of the client that it is given." unless last

      Response.new(data:, status: last.status, headers: last.headers, request_id: last.request_id)
    end

    # Closes connections that are kept open. A client that is used again opens new ones.
    def close = @core.close

    # Without its key.
    def inspect = "#<#{self.class.name} base_url=#{base_url}>"
  end
end
