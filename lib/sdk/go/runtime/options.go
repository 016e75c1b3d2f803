package chatbot

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// Option is a setting of a client or of one call; that of a call wins.
type Option func(*settings)

// Middleware stands around every try of a request.
type Middleware func(request *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error)

type settings struct {
	apiKey         string
	baseURL        string
	secrets        []string
	timeout        time.Duration
	maxRetries     int
	headers        map[string]string
	query          map[string]string
	body           map[string]any
	idempotencyKey string
	httpClient     *http.Client
	middleware     []Middleware
	response       **http.Response
	logLevel       string
	logger         *slog.Logger
	sleep          func(context.Context, time.Duration) error

	waitTimeout     time.Duration
	onStep          func(Step)
	cancelOnTimeout bool
	tolerance       time.Duration
	onError         func(error)
}

func ofEnvironment() settings {
	return settings{
		apiKey:     os.Getenv("CHATBOT_PLATFORM_API_KEY"),
		baseURL:    os.Getenv("CHATBOT_PLATFORM_BASE_URL"),
		secrets:    strings.Fields(os.Getenv("CHATBOT_PLATFORM_WEBHOOK_SECRET")),
		logLevel:   os.Getenv("CHATBOT_PLATFORM_LOG"),
		maxRetries: 2,
		sleep:      sleep,
	}
}

// with gives the settings of a call. Those of the client stay as they are.
func (s settings) with(opts []Option) settings {
	s.headers, s.query, s.body = maps.Clone(s.headers), maps.Clone(s.query), maps.Clone(s.body)
	s.middleware = slices.Clip(s.middleware)
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithAPIKey gives the key: CHATBOT_PLATFORM_API_KEY unless given.
func WithAPIKey(key string) Option { return func(s *settings) { s.apiKey = key } }

// WithBaseURL says where the platform is, with or without /v1: CHATBOT_PLATFORM_BASE_URL, or this machine, unless given.
func WithBaseURL(url string) Option { return func(s *settings) { s.baseURL = url } }

// WithWebhookSecrets gives the secrets that Unwrap and Verify believe: those of CHATBOT_PLATFORM_WEBHOOK_SECRET, which has
// blanks between them, unless given.
func WithWebhookSecrets(secrets ...string) Option {
	return func(s *settings) { s.secrets = secrets }
}

// WithTimeout says how long one try may take, to the last byte of its answer: 30 seconds unless given.
func WithTimeout(timeout time.Duration) Option { return func(s *settings) { s.timeout = timeout } }

// WithMaxRetries says how often more what failed on its way is tried: 2 unless given.
func WithMaxRetries(times int) Option { return func(s *settings) { s.maxRetries = times } }

// WithHeader sends a header with each request.
func WithHeader(name, value string) Option {
	return func(s *settings) {
		if s.headers == nil {
			s.headers = map[string]string{}
		}
		s.headers[http.CanonicalHeaderKey(name)] = value
	}
}

// WithQuery adds a parameter to the query, for what this version does not know.
func WithQuery(name, value string) Option {
	return func(s *settings) {
		if s.query == nil {
			s.query = map[string]string{}
		}
		s.query[name] = value
	}
}

// WithBodyField adds a field to the body, for what this version does not know.
func WithBodyField(name string, value any) Option {
	return func(s *settings) {
		if s.body == nil {
			s.body = map[string]any{}
		}
		s.body[name] = value
	}
}

// WithIdempotencyKey gives the key under which a POST acts once: made anew for each call unless given. All tries have it.
func WithIdempotencyKey(key string) Option { return func(s *settings) { s.idempotencyKey = key } }

// WithHTTPClient sends everything through another client. Redirects are not followed, whatever it says of them.
func WithHTTPClient(client *http.Client) Option { return func(s *settings) { s.httpClient = client } }

// WithMiddleware stands around every try; the first is the outermost.
func WithMiddleware(middleware ...Middleware) Option {
	return func(s *settings) { s.middleware = append(s.middleware, middleware...) }
}

// WithResponseInto keeps the HTTP response of a call, whose body can be read again.
func WithResponseInto(response **http.Response) Option {
	return func(s *settings) { s.response = response }
}

// WithLogLevel says how much is logged: "warn" what is tried again, "info" each request too, "debug" their headers and
// bodies too, without secrets. CHATBOT_PLATFORM_LOG unless given, else "off".
func WithLogLevel(level string) Option { return func(s *settings) { s.logLevel = level } }

// WithLogger says where lines go: to [slog.Default] unless given.
func WithLogger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// WithSleep makes the pauses between tries in another way, as in tests.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return func(s *settings) { s.sleep = sleep }
}

// WithWaitTimeout says how long Ask, RunAndWait, Wait and Watch wait in all: two minutes for a reply and ten for an execution
// unless given.
func WithWaitTimeout(timeout time.Duration) Option {
	return func(s *settings) { s.waitTimeout = timeout }
}

// WithOnStep has RunAndWait and Wait tell of each step when it has finished, in their order.
func WithOnStep(tell func(Step)) Option { return func(s *settings) { s.onStep = tell } }

// WithCancelOnTimeout has RunAndWait and Wait cancel the execution when time is up.
func WithCancelOnTimeout() Option { return func(s *settings) { s.cancelOnTimeout = true } }

// WithTolerance says how old, or ahead, a signature may be: five minutes unless given.
func WithTolerance(tolerance time.Duration) Option {
	return func(s *settings) { s.tolerance = tolerance }
}

// WithOnError has a backend tell what it failed with, beside answering 500 so that the bot's fallback steps in.
func WithOnError(tell func(error)) Option { return func(s *settings) { s.onError = tell } }
