# frozen_string_literal: true

require "securerandom"
require "uri"

module ChatbotPlatform
  # Settings of a client, with those of the environment where none are given.
  # @api private
  class Settings
    attr_reader :api_key, :base_url, :webhook_secret, :timeout, :max_retries, :headers

    def initialize(api_key:, base_url:, webhook_secret:, timeout:, max_retries:, headers:)
      @api_key = Settings.key(Settings.present(api_key) || Settings.environment("API_KEY"))
      base = (Settings.present(base_url) || Settings.environment("BASE_URL") || "http://127.0.0.1:3000").strip
      raise ArgumentError, "base_url has to begin with http:// or https://." unless base.match?(%r{\Ahttps?://}i)

      @base_url = "#{base.sub(%r{/*\z}, "").delete_suffix("/v1").sub(%r{/*\z}, "")}/v1"
      @webhook_secret = webhook_secret || Settings.environment("WEBHOOK_SECRET")&.split
      @timeout = timeout
      @max_retries = max_retries
      @headers = headers
    end

    # A key as a header takes it. What is refused is not shown: most of it is the key.
    def self.key(given)
      key = given&.strip
      return present(key) if key.nil? || key.b.match?(/\A[!-~]*\z/)

      raise Error, "The API key has a character that no key has."
    end

    def self.environment(name) = present(ENV.fetch("CHATBOT_PLATFORM_#{name}", nil))

    def self.present(text) = (text unless text.nil? || text.empty?)
  end

  # What all tries of a call have in common.
  # @api private
  class Request
    OPTIONS = %i[idempotency_key timeout max_retries stop extra_headers extra_query extra_body].freeze
    AGENT = "chatbot-platform-ruby/#{VERSION} ruby/#{RUBY_VERSION}".freeze

    attr_reader :http_method, :path, :target, :headers, :sent, :content, :timeout

    # Raises at what cannot be sent.
    def initialize(settings, http_method, path, query:, body:, is_public:, options:)
      raise ArgumentError, "A path begins with a slash." unless path.start_with?("/")

      unknown = options.keys - OPTIONS
      raise ArgumentError, "unknown keyword: #{unknown.map(&:inspect).join(", ")}" unless unknown.empty?

      @http_method = http_method.to_s.upcase
      @path = path
      asked = Request.asked(query).merge(Request.asked(options[:extra_query] || {}))
      @target = asked.empty? ? path : "#{path}?#{URI.encode_www_form(asked)}"
      @sent = Json.plain(body)
      @sent = (@sent || {}).merge(Json.fields(options[:extra_body])) if options[:extra_body]
      @content = Json.generate(@sent) unless @sent.nil?
      @headers = headers_of(settings, options)
      raise Error, "There is no API key: set CHATBOT_PLATFORM_API_KEY or api_key." if !is_public && !@headers.key?("authorization")

      wait = asked["wait"].to_f
      @timeout = options[:timeout] || [settings.timeout, wait.positive? ? wait + 10 : 0].max
    end

    # Parameters as texts, by their names; those that are nil are left out.
    def self.asked(query)
      given = query.reject { |_, value| value.nil? || OMIT.equal?(value) }
      given.to_h { |name, value| [name.to_s, Json.plain(value).to_s] }
    end

    # A part of a path. Raises at what would make another path.
    def self.part(name, value)
      text = value.is_a?(Integer) ? value.to_s : value
      is_part = text.is_a?(String) && !["", ".", ".."].include?(text)
      raise ArgumentError, "#{name} has to be an id, and is #{value.inspect}." unless is_part

      URI.encode_www_form_component(text).gsub("+", "%20")
    end

    def inspect = "#<#{self.class.name} #{@http_method} #{@path}>"

    private

    def headers_of(settings, options)
      made = { "accept" => "application/json", "user-agent" => AGENT }
      made["authorization"] = "Bearer #{settings.api_key}" if settings.api_key
      made["content-type"] = "application/json" if @content
      made["idempotency-key"] = options[:idempotency_key] || SecureRandom.uuid if @http_method == "POST"
      [settings.headers, options[:extra_headers] || {}].each do |given|
        given.each { |name, value| made[name.to_s.downcase] = value.to_s }
      end
      made
    end
  end
end
