# frozen_string_literal: true

require "securerandom"

module ChatbotPlatform
  # Who waits for what the platform does, and until when.
  # @api private
  class Waiting
    # How long one request is held for a reply, in seconds.
    HELD = 25
    PER_PAGE = 100
    RUNNING = %w[queued running].freeze

    # A request has a time of its own; what ends the waiting ends it too.
    attr_reader :options

    def initialize(core, timeout, stop)
      @core = core
      @stop = stop
      @options = stop ? { stop: } : {}
      @deadline = Clock.now + timeout
    end

    def left = [0.0, @deadline - Clock.now].max

    # Pauses, and not beyond the end.
    def rest(seconds) = @core.pause(seconds.clamp(0, left), @stop)

    # Calls its block until there is an answer, through errors that another try may mend. Raises all others, and `late` in
    # the end.
    def persist(late)
      yield
    rescue Error => error
      raise unless Core.pause_before(error, 0)
      raise late.call if left.zero?

      rest(1)
      retry
    end

    # Tells the block of each step, and gives the execution when it has ended.
    def follow(id, &tell)
      seen = 0
      pause = 0.5
      execution = nil
      late = -> { WaitTimeoutError.new(execution) }
      while true
        execution = persist(late) { ask_for(id) }
        finished = tell ? persist(late) { finished_after(id, seen) } : []
        finished.each do |step|
          seen = step.number
          pause = 0.5
          tell.call(step)
        end
        return execution unless RUNNING.include?(execution.status)
        raise late.call if left.zero?

        rest(pause)
        pause = [5.0, pause * 1.5].min
      end
    end

    def cancel(id)
      @core.one("POST", "#{path(id)}/cancel", options: @options) { |value| Types::Execution.read(value) }
    end

    private

    def path(id) = "/executions/#{Request.part("id", id)}"

    def ask_for(id) = @core.one("GET", path(id), options: @options) { |value| Types::Execution.read(value) }

    # The finished steps after a number, in their order: numbers are dense, and one that runs holds up those after it.
    def finished_after(id, seen)
      query = { page: (seen / PER_PAGE) + 1, per_page: PER_PAGE }
      steps = @core.list("#{path(id)}/steps", query:, options: @options) { |value| Types::Step.read(value) }
      steps.lazy.reject { |step| step.number <= seen }.take_while { |step| step.status == "finished" }.to_a
    end
  end

  # What waits for a reply.
  class ChannelsResource
    # Sends a message and waits for the bot's reply: the same message again and again, which is kept once. Gives nil where
    # none is to come. Raises a `ReplyTimeoutError` after `timeout` seconds.
    # @param message what `send_message` takes: `user: { id: "ada" }, content: "Hello!"`
    # @return [Types::Message, nil]
    def ask(id, timeout: 120, stop: nil, **message)
      waiting = Waiting.new(@core, timeout, stop)
      path = "/channels/#{part("id", id)}/messages"
      body = { **message, message_id: message[:message_id] || SecureRandom.uuid }
      sent = nil
      while true
        begun = Clock.now
        sent = waiting.persist(-> { ReplyTimeoutError.new(sent&.message) }) do
          query = { wait: [Waiting::HELD, waiting.left.floor].min }
          # A new key each time: the one before would give its answer again.
          @core.one("POST", path, query:, body:, options: waiting.options) { |value| Types::MessageSendResult.read(value) }
        end
        # Newer servers say where nobody will reply, as when the bot is paused.
        return sent.reply if sent.reply || sent[:reply_expected] == false
        raise ReplyTimeoutError, sent.message if waiting.left.zero?

        # What answers at once, such as a bot that is paused, is not asked more than once a second.
        waiting.rest(begun + 1 - Clock.now)
      end
    end
  end

  # What waits for a run.
  class AgentLoopsResource
    # Runs a loop and gives the execution when it has ended, whatever became of it. Raises a `WaitTimeoutError` after
    # `timeout` seconds.
    # @param run what `run` takes: `variables: { day: "Monday" }`
    # @yieldparam step [Types::Step] each when it has finished, in their order
    # @return [Types::Execution]
    def run_and_wait(id, timeout: 600, cancel_on_timeout: false, stop: nil, **run, &tell)
      waiting = Waiting.new(@core, timeout, stop)
      # The same key each time, so that it runs once.
      options = { **waiting.options, idempotency_key: SecureRandom.uuid }
      execution = waiting.persist(-> { WaitTimeoutError.new }) do
        @core.one("POST", "/agent-loops/#{part("id", id)}/run", body: run, options:) { |value| Types::Execution.read(value) }
      end
      ExecutionsResource.new(@core).wait(execution.id, timeout: waiting.left, cancel_on_timeout:, stop:, &tell)
    end
  end

  # What waits for an execution.
  class ExecutionsResource
    # Gives an execution when it has ended, whatever became of it. Raises a `WaitTimeoutError` after `timeout` seconds.
    # @yieldparam step [Types::Step] each when it has finished, in their order
    # @return [Types::Execution]
    def wait(id, timeout: 600, cancel_on_timeout: false, stop: nil, &tell)
      waiting = Waiting.new(@core, timeout, stop)
      begin
        waiting.follow(id, &tell)
      rescue WaitTimeoutError
        raise unless cancel_on_timeout

        raise WaitTimeoutError, waiting.cancel(id)
      end
    end

    # Gives each step when it has finished, in their order, until the execution has ended; without a block an Enumerator.
    # Raises a `WaitTimeoutError` after `timeout` seconds.
    # @yieldparam step [Types::Step]
    # @return [Types::Execution, Enumerator]
    def watch(id, timeout: 600, stop: nil, &tell)
      return to_enum(:watch, id, timeout:, stop:) unless tell

      Waiting.new(@core, timeout, stop).follow(id, &tell)
    end
  end
end
