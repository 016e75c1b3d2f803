# frozen_string_literal: true

# Serves what a file of Rack says, on PORT, and says when it listens.

require "puma"
require "puma/server"
require "rack"

app, = Rack::Builder.parse_file(ARGV.fetch(0))
server = Puma::Server.new(Rack::Lint.new(app))
server.add_tcp_listener("127.0.0.1", ENV.fetch("PORT").to_i)
listening = server.run
$stdout.sync = true
puts "It listens."
listening.join
