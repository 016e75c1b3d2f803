# frozen_string_literal: true

module ChatbotPlatform
  # An answer beside the status and the headers that it came with, whose names are in lower case.
  class Response
    attr_reader :data, :status, :headers, :request_id

    # @api private
    def initialize(data:, status:, headers:, request_id:)
      @data = data
      @status = status
      @headers = headers
      @request_id = request_id
    end
  end

  # Sends requests: what clients and resources are made of.
  # @api private
  class Core
    RETRIED = [429, 500, 502, 503, 504].freeze

    attr_reader :settings

    def initialize(settings, log, configure)
      @settings = settings
      @log = log
      @transport = Transport.new(settings.base_url, configure)
      @note = nil
    end

    def inspect = "#<#{self.class.name} base_url=#{@settings.base_url}>"

    def close = @transport.close

    # One that tells a block of every answer.
    def noting(&note) = clone.tap { |core| core.instance_variable_set(:@note, note) }

    # JSON without an envelope, as the block reads it.
    def whole(http_method, path, **request)
      body = send_request(http_method, path, **request).data
      block_given? ? yield(body) : body
    end

    # One resource out of its envelope, as the block reads it.
    def one(http_method, path, **request) = yield(data_of(send_request(http_method, path, **request).data))

    # One page of a list, with its rows as the block reads them; it knows how the next one is asked for.
    def list(path, query: {}, options: {}, &reader)
      body = send_request("GET", path, query:, options:).data
      rows = Read.list(data_of(body), &reader)
      Page.new(rows, Types::PageMeta.read(body[:meta] || {})) do |cursor|
        # The cursor knows the place: a page beside it is refused.
        list(path, query: { **query, page: nil, cursor: }, options:, &reader)
      end
    end

    # Seconds before the next try, or nil where none would help.
    def self.pause_before(error, tries)
      case error
      when ApiError
        return unless RETRIED.include?(error.status) || error.code == "idempotency_in_progress"
        return (error.retry_after if error.retry_after <= 60) if error.retry_after
      else
        return unless error.is_a?(ApiConnectionError)
      end
      # Full jitter, so that many who failed together do not come back together.
      rand * [8.0, 0.5 * (2**tries)].min
    end

    # Waits between tries. Raises an `ApiAbortError` when `stop` says so.
    def pause(seconds, stop)
      deadline = Clock.now + seconds
      while (left = deadline - Clock.now).positive?
        raise ApiAbortError if stop&.call

        sleep(stop ? [left, 0.02].min : left)
      end
    end

    private

    def data_of(body)
      return body[:data] if body.is_a?(Hash) && body.key?(:data)

      raise ApiConnectionError, "The answer has no data: is base_url that of the platform?"
    end

    def send_request(http_method, path, query: {}, body: nil, is_public: false, deleted: nil, options: {})
      request = Request.new(@settings, http_method, path, query:, body:, is_public:, options:)
      most = options[:max_retries] || @settings.max_retries
      tries = 0
      may_have_acted = false
      begin
        response = attempt(request, options[:stop])
      rescue ApiError, ApiConnectionError => error
        status = error.is_a?(ApiError) ? error.status : nil
        is_deleted = deleted && may_have_acted && status == 404
        unless is_deleted
          wait = tries < most ? Core.pause_before(error, tries) : nil
          raise unless wait

          may_have_acted ||= status.nil? || status >= 500
          @log.write("warn", "#{request.http_method} #{path} is tried again in #{wait.round(2)} s: #{error.message}")
          pause(wait, options[:stop])
          tries += 1
          retry
        end
        response = deletion(deleted, error)
      end
      @note&.call(response)
      response
    end

    # What the first answer said that was lost.
    def deletion(deleted, error)
      data = { data: { **deleted, deleted: true } }
      Response.new(data:, status: 200, headers: error.headers, request_id: error.request_id)
    end

    # The answer of one try. Raises what it failed with.
    def attempt(request, stop)
      what = "#{request.http_method} #{request.path}"
      @log.write("debug", what) { { "headers" => request.headers, "body" => request.sent } }
      begun = Clock.now
      answer = @transport.exchange(request, stop)
      took = ((Clock.now - begun) * 1000).round
      @log.write("info", "#{what} #{answer.code} in #{took} ms, #{answer["x-request-id"] || "without id"}")
      read(answer).tap { |response| @log.write("debug", "answer to #{what}") { response.data } }
    end

    def read(answer)
      status = answer.code.to_i
      headers = answer.each_header.to_h
      if status.between?(300, 399)
        raise ApiError.new(status, headers, nil, "The server answered with a redirect, which is not followed: correct base_url.")
      end
      return Response.new(data: parsed(answer.body), status:, headers:, request_id: headers["x-request-id"]) if status.between?(200, 299)

      kind = STATUS_ERRORS[status] || (status >= 500 ? STATUS_ERRORS[500] : ApiError)
      raise kind.new(status, headers, refusal(answer.body))
    end

    def parsed(text)
      Json.parse(text.to_s)
    rescue JSON::ParserError
      raise ApiConnectionError, "No whole answer came: it is no JSON."
    end

    # Something between here and the API may have answered.
    def refusal(text)
      Json.parse(text.to_s)
    rescue JSON::ParserError
      nil
    end
  end

  # What a resource is made of.
  # @api private
  class ResourceBase
    def initialize(core)
      @core = core
    end

    private

    def part(name, value) = Request.part(name, value)
  end
end
