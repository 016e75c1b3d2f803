# frozen_string_literal: true

# What types, answers and connections of the Ruby SDK promise beside the cases.

require "chatbot_platform"
require "socket"
require "stringio"
require "timeout"

include ChatbotPlatform

def holds(what, is_so = true)
  raise "#{what} was to hold." unless is_so
end

def refuses(what, kind)
  yield
rescue kind => error
  error
else
  raise "#{what} was to be refused."
end

data = {
  id: "msg_1",
  content: [{ type: "text", text: "Hello!" }, { type: "hologram", shape: "cube" }],
  delivery: { status: "failed", error: { class: "refused", code: "x", message: "No." } },
  user: nil,
  created_at: "2026-01-02T03:04:05.678Z",
  updated_at: "not yet",
  metadata: { created_at: "2026-01-02T03:04:05Z" },
  moon_phase: { full: true }
}.freeze
message = Types::Message.new(data)

# Known fields have types, and unknown fields, values and variants stay readable.
holds "A time", message.created_at == Time.utc(2026, 1, 2, 3, 4, 5.678r) && message[:created_at] == message.created_at
holds "What is no time", message[:updated_at] == "not yet"
holds "What is not there", message.user.nil? && message.number.nil? && message[:later].nil? && message.key?(:user) && !message.key?(:number)
holds "What came later", message.moon_phase == { full: true } && message["moon_phase"] == { full: true }
first, second = message.content
holds "A kind", first.is_a?(Types::TextPart) && first.text == "Hello!"
holds "A later kind", second.instance_of?(Resource) && second.shape == "cube" && second[:shape] == "cube"
holds "A map", message.metadata == { created_at: "2026-01-02T03:04:05Z" }
holds "A word of Ruby", message.delivery.error.class_ == "refused" && message.delivery.error[:class] == "refused"
found = (message in { id: String => id, created_at: Time, moon_phase: { full: true } })
holds "A pattern", found && id == "msg_1" && !(message in { number: _ })
refuses("A name that is no field", NoMethodError) { message.contents }
refuses("An argument of a field", ArgumentError) { message.moon_phase(1) }

# It cannot be changed, and it is what it was made of.
refuses("A change", NoMethodError) { message.id = "msg_2" }
holds "What it was made of", message.to_h == data && JSON.parse(JSON.generate([message]), symbolize_names: true) == [data]
same = Types::Message.new(data.dup)
holds "What is equal", message == same && message.eql?(same) && { message => 1 }[same] == 1
holds "What is not", message != Types::Message.new({ **data, id: "msg_2" }) && message != Types::Bot.new(data)
holds "What is kept", Marshal.load(Marshal.dump(message)) == message
error = Marshal.load(Marshal.dump(NotFoundError.new(404, { "x-request-id" => "req_1" }, { error: { message: "Gone." } })))
holds "An error that is kept", [error.status, error.message, error.request_id] == [404, "Gone. (req_1)", "req_1"]

# Nothing that is printed has a secret.
client = Client.new(api_key: "sk_live_secret", base_url: "http://127.0.0.1:1", webhook_secret: "whsec_secret", max_retries: 0)
missing = refuses("A method that is not there", NoMethodError) { client.bot }
printed = [
  client.inspect, client.bots.inspect, missing.message, missing.full_message,
  Types::WebhookEndpoint.new({ id: "wh_1", secret: "whsec_secret" }).to_s,
  Backend.new("whsec_c2VjcmV0") { {} }.inspect, Types::Message.new({ id: "a", url: "sk_live_secret" }).inspect
]
holds "A print without secrets", printed.none? { |text| text.match?(/whsec_[sc]|live_s/) }

# What cannot be sent is said before anything is.
refuses("An unknown keyword", ArgumentError) { client.bots.get("bot_1", time_out: 3) }
refuses("An unknown field", ArgumentError) { client.bots.create(nmae: "A") }
refuses("What is no JSON", ArgumentError) { client.bots.create(name: Object.new) }
refuses("What is no text", JSON::GeneratorError) { client.bots.create(name: "\xff") }
refuses("A block that asks nothing", ArgumentError) { client.with_response { 1 } }
refuses("An address of nothing", ArgumentError) { Client.new(base_url: "localhost:3000") }
refuses("A backend without a block", ArgumentError) { Backend.new("whsec_c2VjcmV0") }
refuses("A network that is not there", ApiConnectionError) { client.bots.list }.then do |one|
  holds "What failed", one.cause.is_a?(Errno::ECONNREFUSED)
end

# A server that answers each connection as it is told; keeps what it read.
class Server
  attr_reader :connections, :requests

  def initialize(&answer)
    @connections = 0
    @requests = Queue.new
    @listener = TCPServer.new("127.0.0.1", 0)
    @thread = Thread.new { loop { serve(@listener.accept, answer) } }
  end

  def client(**settings) = Client.new(base_url: "http://127.0.0.1:#{@listener.addr[1]}", api_key: "sk", max_retries: 0, **settings)

  private

  def serve(connection, answer)
    @connections += 1
    Thread.new do
      while (head = connection.gets("\r\n\r\n"))
        length = head[/^content-length: (\d+)/i, 1].to_i
        @requests << (head + connection.read(length))
        answer.call(connection)
      end
    rescue SystemCallError, IOError
      nil
    end
  end
end

def respond(connection, body, headers = "")
  connection.write("HTTP/1.1 200 OK\r\n#{headers}Content-Length: #{body.bytesize}\r\n\r\n#{body}")
end

plain = Server.new { |connection| respond(connection, '{"data":{"id":"bot_1"}}') }

# One connection serves many calls, of many threads one each at a time; what was forked has its own.
shared = plain.client
5.times { shared.bots.get("bot_1") }
holds "One connection", plain.connections == 1
Array.new(4) { Thread.new { 5.times { shared.bots.get("bot_1") } } }.each(&:join)
holds "A few connections", plain.connections <= 5
before = plain.connections
forked = fork { exit!(shared.bots.get("bot_1").id == "bot_1" ? 0 : 1) }
holds "A fork", Process.wait2(forked).last.success?
sleep 0.01 while plain.connections == before
holds "A connection of the fork", plain.connections == before + 1
shared.close
shared.bots.get("bot_1")
holds "A client that was closed", plain.connections == before + 2
told = []
plain.client(http: ->(http) { told << http.address }).bots.get("bot_1")
holds "Who is told of connections", told == ["127.0.0.1"]

# What is sent.
plain.requests.clear
shared.conversations.list("bot_1", active_after: Time.new(2026, 1, 2, 3, 4, 5, "+09:00"))
shared.conversations.list("bot_1", active_after: DateTime.new(2026, 1, 2, 3, 4, 5, "+09:00"))
shared.webhooks.replay("wh_1", since: Time.utc(2026, 1, 2), until: "2026-01-03T00:00:00Z")
shared.bots.create(name: :Ada, settings: { context_window: 2 }, extra_body: { "name" => "Eve" })
*queried, replayed, created = Array.new(4) { plain.requests.pop }
holds "Times in queries", queried.all? { |one| one.include?("active_after=2026-01-01T18%3A04%3A05.000Z") }
holds "A time in a body", replayed.end_with?('{"since":"2026-01-02T00:00:00.000Z","until":"2026-01-03T00:00:00Z"}')
holds "A field that is added", created.end_with?('{"name":"Eve","settings":{"context_window":2}}')

# Packed answers are read, and what holds everything up is ended.
packed = Server.new { |one| respond(one, Zlib.gzip('{"data":{"id":"bot_2"}}'), "Content-Encoding: gzip\r\n") }
holds "A packed answer", packed.client.bots.get("bot_2").id == "bot_2"
dripping = Server.new do |connection|
  connection.write("HTTP/1.1 200 OK\r\nX-Slow: ")
  200.times do
    connection.write("a")
    sleep 0.05
  end
end
refuses("What drips", ApiTimeoutError) { dripping.client.bots.get("bot_1", timeout: 0.2) }
refuses("What the caller ends", Timeout::Error) { Timeout.timeout(0.2) { dripping.client.bots.get("bot_1") } }
sleep 0.01 while Thread.list.any? { |thread| thread.name == "chatbot-platform" }

busy = Server.new { |one| one.write("HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n") }
asked = 0
refuses("A pause that the caller ends", ApiAbortError) do
  busy.client.bots.get("bot_1", max_retries: 1, stop: -> { (asked += 1) > 5 })
end

# Lines of the log go to the standard error.
logged = StringIO.new
before_error = $stderr
$stderr = logged
plain.client(log_level: :info).bots.get("bot_1")
$stderr = before_error
holds "A line", logged.string.match?(%r{\AGET /bots/bot_1 200 in \d+ ms, without id\n\z})

# Headers of any framework.
secret = "whsec_#{["of the examples, all 32 bytes of"].pack("m0")}"
signed = Webhooks.sign("{}", secret, timestamp: Time.now)
Webhooks.verify("{}", signed.transform_keys { |name| "HTTP_#{name.upcase.tr("-", "_")}" }, secret)
Webhooks.verify("{}", signed.transform_keys(&:upcase).transform_values { |value| [value] }, [secret])
Webhooks.verify("{}", signed.to_a, secret)
refuses("No secret", ArgumentError) { Webhooks.verify("{}", signed, []) }
refuses("No base64", ArgumentError) { Webhooks.verify("{}", signed, "whsec_!!") }

# What npm's library of Standard Webhooks signs is taken, and nothing that is like it.
JSON.parse(File.read(ARGV.fetch(0))).each do |one|
  is_taken = begin
    Webhooks.verify(one["body"], one["headers"], one["secret"])
    true
  rescue WebhookVerificationError
    false
  end
  holds one["title"], is_taken == one["is_right"]
end

# A backend reads no more than it has to, and says what failed to its own people.
failed = []
backend = Backend.new(secret, on_error: ->(one) { failed << one.message }) { |turn| turn.nothing }
status, = backend.call({ "rack.input" => StringIO.new("{}"), **Webhooks.sign("{}", secret) })
holds "A backend that fails", status == 500 && failed.size == 1
endless = Object.new
def endless.read(size) = (@all = (@all || 0) + size) && ("a" * size)
def endless.all = @all
holds "A body that never ends", backend.call({ "rack.input" => endless }).first == 413 && endless.all <= 10 * 1024 * 1024
nothing = Backend.new(secret) { nil }
holds "No reply", nothing.call({ "rack.input" => StringIO.new("{}"), **Webhooks.sign("{}", secret) }).first == 500
holds "HEAD", [backend.call({ "REQUEST_METHOD" => "HEAD" })].map { |code, _, body| [code, body] } == [[401, []]]
holds "No body", backend.call(Webhooks.sign("", secret)).first == 400
holds "A body that is no object", backend.call({ "rack.input" => StringIO.new("[]"), **Webhooks.sign("[]", secret) }).first == 400
