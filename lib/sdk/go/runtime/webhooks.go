package chatbot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Unwrap checks what came to an endpoint and gives the event. The body is as it came: parsed and written again it is another.
// What it refuses is a *[WebhookVerificationError].
func (r *WebhooksResource) Unwrap(body []byte, header http.Header, opts ...Option) (*WebhookEvent, error) {
	if err := r.Verify(body, header, opts...); err != nil {
		return nil, err
	}
	event := &WebhookEvent{}
	return event, decode(body, event)
}

// Verify checks what came, such as the callback of an execution. What it refuses is a *[WebhookVerificationError].
func (r *WebhooksResource) Verify(body []byte, header http.Header, opts ...Option) error {
	return verify(body, header, r.core.settings.with(opts))
}

// Sign signs a body as the platform does, for tests of your own receiver: gives its headers. An empty id is made anew, and
// a zero time is now.
func (r *WebhooksResource) Sign(body []byte, id string, at time.Time, opts ...Option) (http.Header, error) {
	if id == "" {
		id = "evt_" + uuid()
	}
	if at.IsZero() {
		at = time.Now()
	}
	keys, err := keysOf(r.core.settings.with(opts).secrets)
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := []string{}
	for _, key := range keys {
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(signature(key, id, timestamp, body)))
	}
	header := http.Header{}
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", timestamp)
	header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return header, nil
}

// verify checks by Standard Webhooks that the platform has sent this body.
func verify(body []byte, header http.Header, s settings) error {
	values := [3]string{}
	for i, name := range [...]string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		if values[i] = caseless(header, name); values[i] == "" {
			return &WebhookVerificationError{"the header " + name + " is missing"}
		}
	}
	id, timestamp, signatures := values[0], values[1], values[2]
	tolerance := s.tolerance
	if tolerance == 0 {
		tolerance = 5 * time.Minute
	}
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > tolerance {
		return &WebhookVerificationError{"webhook-timestamp is too far from now"}
	}
	keys, err := keysOf(s.secrets)
	if err != nil {
		return err
	}
	for _, key := range keys {
		wanted := signature(key, id, timestamp, body)
		for _, one := range strings.Fields(signatures) {
			text, isKnown := strings.CutPrefix(one, "v1,")
			given, err := base64.StdEncoding.DecodeString(text)
			// It compares in constant time.
			if isKnown && err == nil && hmac.Equal(given, wanted) {
				return nil
			}
		}
	}
	return &WebhookVerificationError{"no signature fits: is it the right secret, and the body as it came?"}
}

// caseless finds a header however it is written, as those that do not come from net/http may be.
func caseless(header http.Header, wanted string) string {
	for name, values := range header {
		if strings.EqualFold(name, wanted) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func keysOf(secrets []string) ([][]byte, error) {
	if len(secrets) == 0 {
		return nil, errors.New("there is no secret: give WithWebhookSecrets")
	}
	keys := [][]byte{}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			return nil, errors.New("a signing secret is whsec_ and base64")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func signature(key []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
