# frozen_string_literal: true

require "net/http"
require "openssl"
require "uri"
require "zlib"

module ChatbotPlatform
  # Connections that stay open, and tries that end in time.
  # @api private
  class Transport
    FAILURES = [
      SystemCallError, SocketError, IOError, Timeout::Error, Net::ProtocolError, Net::HTTPBadResponse,
      Net::HTTPHeaderSyntaxError, OpenSSL::SSL::SSLError, Zlib::Error
    ].freeze
    # How many are kept while nobody needs them, and how long: the server may close them earlier.
    IDLE = 16
    IDLE_SECONDS = 30

    def initialize(base_url, configure)
      @base = URI(base_url)
      @configure = configure
      @lock = Mutex.new
      @idle = []
      @process = Process.pid
    end

    # Sends a request and gives its whole answer. Raises an `ApiTimeoutError` when its time is up, an `ApiAbortError` when
    # `stop` says so, an `ApiConnectionError` for a network that fails. It is sent in a thread of its own, because nothing
    # else ends a call in time that waits for the next byte again and again.
    # @return [Net::HTTPResponse]
    def exchange(prepared, stop)
      raise ApiAbortError if stop&.call

      worker = Thread.new do
        Thread.current.name = "chatbot-platform"
        Thread.current.report_on_exception = false
        send_once(prepared)
      end
      outcome = wait_for(worker, prepared.timeout, stop)
      return outcome unless outcome.is_a?(Exception)

      raise ApiConnectionError, "No whole answer came from #{@base}: #{outcome.message}", cause: outcome
    ensure
      worker&.kill
    end

    # Closes what nobody uses at the moment.
    def close
      @lock.synchronize { @idle.slice!(0..) }.each(&:finish)
    end

    private

    def wait_for(worker, timeout, stop)
      deadline = Clock.now + timeout
      until worker.join([[deadline - Clock.now, 0].max, stop ? 0.02 : timeout].min)
        raise ApiAbortError if stop&.call
        raise ApiTimeoutError, "No whole answer came within #{timeout} s." if Clock.now >= deadline
      end
      worker.value
    end

    # The answer, or what the network failed with.
    def send_once(prepared)
      connection = take
      connection.start unless connection.started?
      response = connection.request(request_of(prepared))
      connection = nil if keep(connection)
      response
    rescue *FAILURES => error
      error
    ensure
      connection.finish if connection&.started?
    end

    def request_of(prepared)
      has_answer = prepared.http_method != "HEAD"
      request = Net::HTTPGenericRequest.new(
        prepared.http_method, !prepared.content.nil?, has_answer, "#{@base.path}#{prepared.target}", prepared.headers
      )
      request.body = prepared.content if prepared.content
      request
    end

    def take
      @lock.synchronize do
        # Connections of the process that this one was forked from are not ours.
        @idle = [] if @process != Process.pid
        @process = Process.pid
        @idle.pop
      end || connect
    end

    def keep(connection)
      @lock.synchronize { connection.started? && @idle.size < IDLE && @idle.push(connection) }
    end

    def connect
      http = Net::HTTP.new(@base.hostname, @base.port)
      http.use_ssl = @base.is_a?(URI::HTTPS)
      @configure&.call(http)
      # A try has one time for all of it, and who tries again is decided elsewhere.
      http.open_timeout = http.read_timeout = http.write_timeout = nil
      http.keep_alive_timeout = IDLE_SECONDS
      http.max_retries = 0
      http
    end
  end

  # Time that no change of the clock moves.
  # @api private
  module Clock
    def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
