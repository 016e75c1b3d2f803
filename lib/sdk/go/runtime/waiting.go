package chatbot

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// held is how long one request is held for a reply, in seconds.
const held = 25

const perPage = 100

// until is how long a helper goes on.
type until struct {
	ctx      context.Context
	core     *core
	opts     []Option
	settings settings
	deadline time.Time
}

func (c *core) until(ctx context.Context, opts []Option, timeout time.Duration) *until {
	s := c.settings.with(opts)
	if s.waitTimeout > 0 {
		timeout = s.waitTimeout
	}
	// A key is of one POST, and not of those that follow it.
	opts = append(opts[:len(opts):len(opts)], WithIdempotencyKey(""))
	return &until{ctx, c, opts, s, time.Now().Add(timeout)}
}

func (u *until) isOver() bool { return !time.Now().Before(u.deadline) }

// rest pauses, and not beyond the end.
func (u *until) rest(pause time.Duration) error {
	if err := u.settings.sleep(u.ctx, max(0, min(pause, time.Until(u.deadline)))); err != nil {
		return ended(err)
	}
	return nil
}

// persist calls until there is an answer, through errors that another try may mend; gives all others, and late in the end.
func persist[T any](u *until, call func() (T, error), late func(cause error) error) (T, error) {
	for {
		value, err := call()
		if err == nil || !isTransient(err) {
			return value, err
		}
		if u.isOver() {
			return value, late(err)
		}
		if err := u.rest(time.Second); err != nil {
			return value, err
		}
	}
}

// sent is what came of a message. Newer servers say where nobody will reply, as when the bot is paused.
type sent struct {
	Message       *Message `json:"message"`
	Reply         *Message `json:"reply"`
	ReplyExpected *bool    `json:"reply_expected"`
}

// Ask sends a message and waits for the bot's reply: the same message again and again, which is kept once. The reply is nil
// where none is to come. After WithWaitTimeout, or two minutes, it gives a *[ReplyTimeoutError].
func (r *ChannelsResource) Ask(ctx context.Context, id string, params MessageSend, opts ...Option) (*Message, error) {
	path, err := route("/channels/{id}/messages", id)
	if err != nil {
		return nil, err
	}
	u := r.core.until(ctx, opts, 2*time.Minute)
	if _, isGiven := params.MessageID.Get(); !isGiven {
		params.MessageID = Value(uuid())
	}
	late := &ReplyTimeoutError{}
	for {
		begun := time.Now()
		answer, err := persist(u, func() (*sent, error) {
			wait := max(0, min(held, int(time.Until(u.deadline).Seconds())))
			// A new key each time: the one before would give its answer again.
			each := append(opts[:len(opts):len(opts)], WithQuery("wait", strconv.Itoa(wait)), WithIdempotencyKey(uuid()))
			return one[sent](ctx, r.core, http.MethodPost, path, call{body: params}, each)
		}, func(cause error) error {
			late.Err = cause
			return late
		})
		if err != nil {
			return nil, err
		}
		if answer.Reply != nil || answer.ReplyExpected != nil && !*answer.ReplyExpected {
			return answer.Reply, nil
		}
		if late.Sent = answer.Message; u.isOver() {
			return nil, late
		}
		// What answers at once, such as a bot that is paused, is not asked more than once a second.
		if err := u.rest(time.Until(begun.Add(time.Second))); err != nil {
			return nil, err
		}
	}
}

// RunAndWait runs a loop, and waits as [ExecutionsResource.Wait] does.
func (r *AgentLoopsResource) RunAndWait(ctx context.Context, id string, params AgentLoopRun, opts ...Option) (*Execution, error) {
	path, err := route("/agent-loops/{id}/run", id)
	if err != nil {
		return nil, err
	}
	u := r.core.until(ctx, opts, 10*time.Minute)
	key := u.settings.idempotencyKey
	if key == "" {
		key = uuid()
	}
	// The same key each time, so that it runs once.
	each := append(opts[:len(opts):len(opts)], WithIdempotencyKey(key))
	execution, err := persist(u, func() (*Execution, error) {
		return one[Execution](ctx, r.core, http.MethodPost, path, call{body: params}, each)
	}, func(cause error) error { return &WaitTimeoutError{Err: cause} })
	if err != nil {
		return nil, err
	}
	return u.wait(execution.ID)
}

// Wait gives an execution when it has ended, whatever became of it. After WithWaitTimeout, or ten minutes, it gives a
// *[WaitTimeoutError].
func (r *ExecutionsResource) Wait(ctx context.Context, id string, opts ...Option) (*Execution, error) {
	return r.core.until(ctx, opts, 10*time.Minute).wait(id)
}

// Watch gives each step when it has finished, in their order, until the execution has ended. After WithWaitTimeout, or ten
// minutes, it ends with a *[WaitTimeoutError].
func (r *ExecutionsResource) Watch(ctx context.Context, id string, opts ...Option) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		isWanted := true
		_, err := r.core.until(ctx, opts, 10*time.Minute).follow(id, func(step Step) bool {
			isWanted = yield(step, nil)
			return isWanted
		})
		if err != nil && isWanted {
			yield(Step{}, err)
		}
	}
}

func (u *until) wait(id string) (*Execution, error) {
	var tell func(Step) bool
	if u.settings.onStep != nil {
		tell = func(step Step) bool {
			u.settings.onStep(step)
			return true
		}
	}
	execution, err := u.follow(id, tell)
	var late *WaitTimeoutError
	if !u.settings.cancelOnTimeout || !errors.As(err, &late) {
		return execution, err
	}
	path, err := route("/executions/{id}/cancel", id)
	if err != nil {
		return nil, err
	}
	cancelled, err := one[Execution](u.ctx, u.core, http.MethodPost, path, call{}, u.opts)
	if err != nil {
		return nil, err
	}
	return nil, &WaitTimeoutError{Execution: cancelled}
}

// follow tells of each step when it has finished, until the execution has ended or nobody wants to know more.
func (u *until) follow(id string, tell func(Step) bool) (*Execution, error) {
	path, err := route("/executions/{id}", id)
	if err != nil {
		return nil, err
	}
	seen := 0
	last := &WaitTimeoutError{}
	late := func(cause error) error {
		last.Err = cause
		return last
	}
	for pause := 500 * time.Millisecond; ; pause = min(5*time.Second, pause*3/2) {
		execution, err := persist(u, func() (*Execution, error) {
			return one[Execution](u.ctx, u.core, http.MethodGet, path, call{}, u.opts)
		}, late)
		if err != nil {
			return nil, err
		}
		last.Execution = execution
		if tell != nil {
			steps, err := persist(u, func() ([]Step, error) { return u.finishedAfter(path, seen) }, late)
			if err != nil {
				return nil, err
			}
			for _, step := range steps {
				seen, pause = step.Number, 500*time.Millisecond
				if !tell(step) {
					return execution, nil
				}
			}
		}
		if execution.Status != ExecutionStatusQueued && execution.Status != ExecutionStatusRunning {
			return execution, nil
		}
		if u.isOver() {
			return nil, late(nil)
		}
		if err := u.rest(pause); err != nil {
			return nil, err
		}
	}
}

// finishedAfter gives the finished steps after a number, in their order: numbers are dense, and one that runs holds up those
// after it.
func (u *until) finishedAfter(path string, seen int) ([]Step, error) {
	query := ExecutionListStepsParams{Page: seen/perPage + 1, PerPage: perPage}
	pages := &Pages[Step]{ctx: u.ctx, core: u.core, path: path + "/steps", call: call{query: query}, opts: u.opts}
	finished := []Step{}
	for step, err := range pages.All() {
		if err != nil {
			return nil, err
		}
		if step.Number <= seen {
			continue
		}
		if step.Status != StepStatusFinished {
			break
		}
		finished = append(finished, step)
	}
	return finished, nil
}
