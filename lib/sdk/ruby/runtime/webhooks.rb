# frozen_string_literal: true

require "openssl"
require "securerandom"

module ChatbotPlatform
  # Standard Webhooks: what the platform signs, and how that is checked.
  module Webhooks
    NAMES = %w[webhook-id webhook-timestamp webhook-signature].freeze
    private_constant :NAMES

    # Checks that the platform has sent this body, given as it came. Raises a `WebhookVerificationError` that says what is
    # wrong.
    # @param headers [#each] as any framework holds them, the environment of Rack among them
    # @param secrets [String, Array<String>]
    # @param tolerance [Numeric] seconds that the signature may be old, or ahead
    def self.verify(body, headers, secrets, tolerance: 300)
      given = signed_headers(headers)
      NAMES.each { |name| refuse("The header #{name} is missing.") if given.fetch(name, "").empty? }
      id, timestamp, signatures = given.values_at(*NAMES)
      # What is no number is 0, and long ago.
      refuse("webhook-timestamp is too far from now.") if (Time.now.to_f - timestamp.to_i).abs > tolerance
      known = signatures.split.filter_map { |one| bytes(one.delete_prefix("v1,")) if one.start_with?("v1,") }
      expected = list(secrets).map { |secret| signature(secret, id, timestamp, body) }
      return if known.any? { |one| expected.any? { |other| OpenSSL.secure_compare(one, other) } }

      refuse("No signature fits: is it the right secret, and the body as it came?")
    end

    # Signs a body as the platform does, for tests of what receives it. Gives the headers.
    def self.sign(body, secrets, id: nil, timestamp: nil)
      id ||= "evt_#{SecureRandom.uuid}"
      at = (timestamp || Time.now).to_i.to_s
      signatures = list(secrets).map { |secret| "v1,#{[signature(secret, id, at, body)].pack("m0")}" }
      NAMES.zip([id, at, signatures.join(" ")]).to_h
    end

    class << self
      private

      # By their names in HTTP: Rack writes HTTP_WEBHOOK_ID, and some give a list for each.
      def signed_headers(headers)
        found = {}
        headers.each do |name, value|
          plain = name.to_s.downcase.delete_prefix("http_").tr("_", "-")
          found[plain] = Array(value).join(" ") if NAMES.include?(plain)
        end
        found
      end

      def list(secrets)
        found = Array(secrets)
        raise ArgumentError, "Give the secret, or webhook_secret to the client." if found.empty?

        found
      end

      def signature(secret, id, timestamp, body)
        key = bytes(secret.delete_prefix("whsec_"))
        raise ArgumentError, "A signing secret is whsec_ and base64." if key.nil? || key.empty?

        OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{timestamp}.".b + body.b)
      end

      # nil where it is no base64.
      def bytes(text)
        "#{text}#{"=" * (-text.length % 4)}".unpack1("m0")
      rescue ArgumentError
        nil
      end

      def refuse(message) = raise(WebhookVerificationError, message)
    end
  end

  # What needs no request.
  class WebhooksResource
    # Checks what came to an endpoint and gives the event. The body is as it came. Raises a `WebhookVerificationError`.
    # @return [Types::WebhookEvent]
    def unwrap(body, headers, secret: nil, tolerance: 300)
      verify(body, headers, secret:, tolerance:)
      Types::WebhookEvent.read(Json.parse(body))
    end

    # Checks what came, such as the callback of an execution. Raises a `WebhookVerificationError`.
    def verify(body, headers, secret: nil, tolerance: 300)
      Webhooks.verify(body, headers, secret || @core.settings.webhook_secret, tolerance:)
    end

    # Signs a body as the platform does, for tests of your own receiver: gives its headers.
    # @return [Hash{String => String}]
    def sign(body, secret: nil, id: nil, timestamp: nil)
      Webhooks.sign(body, secret || @core.settings.webhook_secret, id:, timestamp:)
    end
  end
end
