# frozen_string_literal: true

require "json"
require "time"

module ChatbotPlatform
  # Stands for what is not given, and is not sent. nil is sent, as null.
  # @api private
  OMIT = Object.new.freeze

  # JSON as the API reads and writes it.
  # @api private
  module Json
    DEPTH = 1000

    # Names of fields become symbols; nothing of it can be changed. Raises a `JSON::ParserError`.
    def self.parse(text)
      text = text.dup.force_encoding(Encoding::UTF_8)
      raise JSON::ParserError, "It is not UTF-8." unless text.valid_encoding?

      JSON.parse(text, symbolize_names: true, freeze: true, max_nesting: DEPTH)
    end

    def self.generate(value) = JSON.generate(plain(value), max_nesting: DEPTH)

    # What JSON knows. Raises an `ArgumentError` at what it does not.
    def self.plain(value)
      case value
      when Hash then fields(value)
      when Array then value.map { |one| plain(one) }
      when Resource then value.to_h
      when Symbol then value.to_s
      when Time then value.getutc.iso8601(3)
      when DateTime then plain(value.to_time)
      when String, Integer, Float, true, false, nil then value
      else
        # Dates, and times of other libraries.
        return value.iso8601 if value.respond_to?(:iso8601)

        raise ArgumentError, "A #{value.class} cannot be sent as JSON."
      end
    end

    # What was given, by its names on the wire.
    def self.fields(value)
      value.reject { |_, one| OMIT.equal?(one) }.to_h { |name, one| [name.to_s, plain(one)] }
    end
  end
end
