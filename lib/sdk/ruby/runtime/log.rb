# frozen_string_literal: true

require "json"

module ChatbotPlatform
  # Logs without secrets what its level lets through. An unknown level is "off".
  # @api private
  class Log
    LEVELS = %w[debug info warn].freeze
    SECRET = /authorization|key\z|token|secret|password|credential|cookie|signature/i
    # Headers of HTTP and of ours, which hold nothing of anybody.
    SHOWN = /\A(?:accept|content-type|user-agent|idempotency-key|x-request-id|retry-after)\z/i

    # Where lines go when nobody has said otherwise.
    module Stderr
      LEVELS.each { |level| define_singleton_method(level) { |line| $stderr.puts(line) } }
    end

    # A value without what its name says is a secret, and without the headers that are sent to servers of others.
    def self.redact(name, value)
      is_secret = SECRET.match?(name) && name != "idempotency-key"
      return "[redacted]" if is_secret && !value.nil? && !value.is_a?(Numeric)

      case value
      when Resource then redact(name, value.to_h)
      when Hash then redact_fields(value, are_headers: name == "headers")
      when Array then value.map { |one| redact("", one) }
      when String then value.scrub.gsub(%r{\b(sk|whsec)_[\w+/=-]+}, '\1_[redacted]')
      else value
      end
    end

    def self.redact_fields(fields, are_headers:)
      fields.to_h do |field, value|
        hidden = are_headers && !SHOWN.match?(field.to_s)
        [field, hidden ? "[redacted]" : redact(field.to_s, value)]
      end
    end
    private_class_method :redact_fields

    def initialize(logger, level)
      @logger = logger || Stderr
      @least = LEVELS.index((level || "off").to_s) || LEVELS.size
    end

    # @yieldreturn [Object] what stands behind the line as JSON; it is asked only where the line is wanted
    def write(level, line)
      return if LEVELS.index(level) < @least

      more = " #{JSON.generate(Log.redact("", yield), max_nesting: Json::DEPTH)}" if block_given?
      @logger.public_send(level, "#{line}#{more}")
    end
  end
end
