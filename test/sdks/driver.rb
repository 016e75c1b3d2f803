# frozen_string_literal: true

# The Ruby SDK for the proof: reads commands, one a line, and answers them in their order. See `protocol.ts`.

require "chatbot_platform"

SETTINGS = { log: :log_level, timeout_ms: :timeout }.freeze
OPTIONS = { timeout_ms: :timeout, headers: :extra_headers, query: :extra_query, body: :extra_body }.freeze
RENAMED = { tolerance_seconds: :tolerance }.freeze

def renamed(given, names)
  given.to_h { |name, value| [names.fetch(name, name), name == :timeout_ms ? value / 1000.0 : value] }
end

# Keeps what is logged.
class Notes
  attr_reader :lines

  def initialize = @lines = []
  %i[debug info warn].each { |level| define_method(level) { |line| @lines << line } }
end

def plain(value)
  case value
  when ChatbotPlatform::Resource then value.to_h
  when Enumerator, Array then value.map { |one| plain(one) }
  else value
  end
end

# This language calls the least error of the SDK by a shorter name.
def shown(error)
  name = error.class.name.split("::").last
  said = %i[status code request_id details retry_after].to_h do |field|
    [field, error.respond_to?(field) ? plain(error.public_send(field)) : nil]
  end
  { class: name == "Error" ? "ChatbotPlatformError" : name, message: error.message, **said.compact }
end

def client_of(command, notes, pauses)
  client = ChatbotPlatform::Client.new(logger: notes, **renamed(command[:client], SETTINGS))
  client.instance_variable_get(:@core).define_singleton_method(:pause) do |seconds, stop|
    pauses << (seconds * 1000)
    super([seconds, 0.02].min, stop)
  end
  client
end

def arguments(command)
  options = renamed(command[:options] || {}, OPTIONS)
  options.delete(:steps)
  abort_ms = options.delete(:abort_ms)
  if abort_ms
    ending = Process.clock_gettime(Process::CLOCK_MONOTONIC) + (abort_ms / 1000.0)
    options[:stop] = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) >= ending }
  end
  { **renamed(command[:params] || {}, RENAMED), **options }
end

def call_of(client, command, steps)
  given = arguments(command)
  listener = ->(step) { steps << step.number } if command.dig(:options, :steps)
  resource, method = command[:call].split(".")
  case command[:call]
  when "request" then client.request(*command[:args], **given)
  when "backend.start" then start_backend(**given)
  when "backend.stop" then BACKEND[:server].stop(true) && nil
  when "webhooks.unwrap", "webhooks.verify"
    client.webhooks.public_send(method, given.delete(:body), given.delete(:headers).transform_keys(&:to_s), **given)
  when "webhooks.sign" then client.webhooks.sign(given.delete(:body), **given)
  else client.public_send(resource).public_send(method, *command[:args], **given, &listener)
  end
end

def given_of(command, value)
  case command[:as]
  when "page" then { value: { data: plain(value.data), meta: plain(value.meta), has_next_page: value.next_page? } }
  when "items" then { value: plain(command[:limit] ? value.first(command[:limit]) : value.to_a) }
  else { value: plain(value) }
  end
end

def done(client, command, steps)
  return given_of(command, call_of(client, command, steps)) unless command[:as] == "response"

  response = client.with_response { |one| call_of(one, command, steps) }
  about = { status: response.status, headers: response.headers, request_id: response.request_id }
  { value: plain(response.data), response: about }
end

def act(command)
  notes = Notes.new
  pauses = []
  steps = []
  outcome =
    begin
      done(client_of(command, notes, pauses), command, steps)
    rescue StandardError => error
      { error: shown(error) }
    end
  { **outcome, pauses:, log: notes.lines, steps: }
end

BACKEND = {}

# As Rack says applications are, on a server that is used for them.
def start_backend(secret:, reply: nil, fails: false, unsendable: false)
  # Loaded where they are needed: most drivers never are asked.
  require "rubygems"
  require "puma"
  require "puma/server"
  require "rack"
  app = ChatbotPlatform::Backend.new(secret) do
    raise "The backend of the proof fails." if fails

    unsendable ? { content: "", metadata: { big: Float::INFINITY } } : reply
  end
  BACKEND[:server] = Puma::Server.new(Rack::Lint.new(app))
  listener = BACKEND[:server].add_tcp_listener("127.0.0.1", 0)
  BACKEND[:server].run
  { url: "http://127.0.0.1:#{listener.addr[1]}" }
end

$stdout.sync = true
while (line = $stdin.gets("\n"))
  puts JSON.generate(act(JSON.parse(line, symbolize_names: true)))
end
