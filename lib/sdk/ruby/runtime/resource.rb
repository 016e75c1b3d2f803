# frozen_string_literal: true

require "time"

module ChatbotPlatform
  # What reads values where JSON has no such type. All else is left as it is, because an answer is read tolerantly.
  # @api private
  module Read
    # In UTC.
    def self.time(value)
      value.is_a?(String) ? Time.iso8601(value) : value
    rescue ArgumentError
      value
    end

    # Each item as the block reads it.
    def self.list(value, &reader) = value.is_a?(Array) ? value.map(&reader) : value

    # Each value as the block reads it.
    def self.map(value, &reader) = value.is_a?(Hash) ? value.transform_values(&reader) : value

    # One of several objects; of a kind that came later one without types.
    def self.variant(value, field, kinds) = value.is_a?(Hash) ? kinds.fetch(value[field], Resource).new(value) : value
  end

  # An object of the API: `bot.name`, `bot[:name]`, `bot in {name:, status: "active"}`. A field that is not there is nil.
  # Fields that came later are there too. It cannot be changed.
  class Resource
    # A view of JSON with symbols for names; of what is no object as it is.
    def self.read(value) = value.is_a?(Hash) ? new(value) : value

    # The attributes that this kind of object is known to have.
    # @return [Array<Symbol>]
    def self.fields = equal?(Resource) ? [] : (@fields ||= instance_methods(false).freeze)

    # @param data [Hash{Symbol => Object}] the JSON, with symbols for names
    def initialize(data = {})
      @data = data
    end

    # The JSON as it came, with symbols for names.
    # @return [Hash{Symbol => Object}]
    def to_h = @data

    # A field under its name on the wire.
    def [](name)
      field = name.to_sym
      known = self.class.fields
      # What every object of Ruby has under this name has a line behind it here.
      attribute = known.include?(field) ? field : :"#{field}_"
      known.include?(attribute) ? public_send(attribute) : @data[field]
    end

    # Whether a field was answered, though it may be nil.
    def key?(name) = @data.key?(name.to_sym)

    def deconstruct_keys(names) = (names || @data.keys).select { |name| key?(name) }.to_h { |name| [name, self[name]] }

    def to_json(*state) = @data.to_json(*state)

    # As Rails writes JSON.
    def as_json(*) = @data

    def ==(other) = other.instance_of?(self.class) && other.to_h == @data
    alias eql? ==

    def hash = [self.class, @data].hash

    # Programs print what they get, and some of it is a secret.
    def inspect
      fields = @data.map { |name, value| " #{name}=#{Log.redact(name.to_s, value).inspect}" }
      "#<#{self.class.name}#{fields.join(",")}>"
    end
    alias to_s inspect

    private

    def respond_to_missing?(name, include_private = false) = @data.key?(name) || super

    def method_missing(name, *arguments)
      return super unless @data.key?(name)
      raise ArgumentError, "#{name} is a field and takes nothing." unless arguments.empty?

      @data[name]
    end
  end
end
