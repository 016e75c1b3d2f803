# frozen_string_literal: true

module ChatbotPlatform
  # The least that every error of this gem is.
  class Error < StandardError; end

  # The API refused or failed. Its subclasses say with which status. `message` also has each problem and the request's id.
  class ApiError < Error
    # @return [Integer]
    attr_reader :status
    # @return [String, nil] What went wrong, for programs. Codes may be added.
    attr_reader :code
    # @return [String, nil] Quote it when you ask for help.
    attr_reader :request_id
    # @return [Array<Types::ErrorDetail>] Each problem with the field where it is; empty where no field is to blame.
    attr_reader :details
    # @return [Hash{String => String}] With names in lower case.
    attr_reader :headers
    # @return [Integer, nil] Seconds to wait before the next try, where the API says so.
    attr_reader :retry_after

    def initialize(status, headers = {}, body = nil, message = nil)
      # What the API says; anything between here and there may have answered something else.
      error = body[:error] if body.is_a?(Hash)
      said = error.is_a?(Hash) ? error : {}
      @status = status
      @headers = headers
      @code = text(said[:code])
      @request_id = text(said[:request_id]) || headers["x-request-id"]
      details = said[:details]
      @details = details.is_a?(Array) ? details.map { |one| Types::ErrorDetail.read(one) } : []
      seconds = headers["retry-after"]
      @retry_after = seconds.to_i if seconds&.match?(/\A[0-9]{1,15}\z/)
      super(whole(message || text(said[:message]) || "The server answered with status #{status}."))
    end

    private

    def text(value) = (value if value.is_a?(String))

    def whole(message)
      problems = @details.grep(Types::ErrorDetail).map { |one| "#{one.path}: #{one.message}" }
      [message, *problems, *("(#{@request_id})" if @request_id)].join(" ")
    end
  end

  # No whole answer came: the network failed, or what came was no JSON. `cause` says more.
  class ApiConnectionError < Error; end

  # No whole answer came in time.
  class ApiTimeoutError < ApiConnectionError; end

  # The caller's own `stop` ended the call.
  class ApiAbortError < Error
    def initialize(message = "The call was ended by its stop.") = super
  end

  # What came is not what the platform signed, or it is too old.
  class WebhookVerificationError < Error; end

  # The bot has not replied in time. The message is kept, and the reply may still come.
  class ReplyTimeoutError < Error
    # @return [Types::Message, nil] The message as it is kept; nil when the platform was never reached.
    attr_reader :sent

    def initialize(sent = nil)
      super("The bot has not replied in time: look into the conversation later.")
      @sent = sent
    end
  end

  # The execution has not ended in time. It goes on unless `cancel_on_timeout` said otherwise.
  class WaitTimeoutError < Error
    # @return [Types::Execution, nil] As it was last seen; nil when the platform was never reached.
    attr_reader :execution

    def initialize(execution = nil)
      super("The execution has not ended in time.")
      @execution = execution
    end
  end
end
