package chatbot

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// prepared is what all tries of a call have in common.
type prepared struct {
	settings
	method, path, url string
	header            http.Header
	body              []byte
}

func (c *core) prepare(method, path string, asked call, opts []Option) (*prepared, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, errors.New("a path begins with a slash")
	}
	s := c.settings
	s.timeout, s.idempotencyKey = 0, ""
	p := &prepared{settings: s.with(opts), method: method, path: path, header: http.Header{}}
	query, err := queryOf(asked.query, p.query)
	if err != nil {
		return nil, err
	}
	if p.body, err = bodyOf(asked.body, p.settings.body); err != nil {
		return nil, err
	}
	if p.url, err = address(p.baseURL); err != nil {
		return nil, err
	}
	// What is refused is not shown: most of it is the key.
	if p.apiKey = strings.TrimSpace(p.apiKey); strings.ContainsFunc(p.apiKey, isOfNoKey) {
		return nil, errors.New("the API key has a character that no key has")
	}
	p.url += path
	if text := query.Encode(); text != "" {
		p.url += "?" + text
	}
	p.header.Set("Accept", "application/json")
	p.header.Set("User-Agent", c.agent)
	if p.apiKey != "" {
		p.header.Set("Authorization", "Bearer "+p.apiKey)
	}
	if p.body != nil {
		p.header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		key := p.idempotencyKey
		if key == "" {
			key = uuid()
		}
		p.header.Set("Idempotency-Key", key)
	}
	for name, value := range p.headers {
		p.header.Set(name, value)
	}
	if !asked.isPublic && p.header.Get("Authorization") == "" {
		return nil, ErrNoAPIKey
	}
	if p.timeout == 0 {
		p.timeout = c.settings.timeout
		if p.timeout == 0 {
			p.timeout = 30 * time.Second
		}
		if wait, err := strconv.ParseFloat(query.Get("wait"), 64); err == nil && wait > 0 {
			p.timeout = max(p.timeout, time.Duration(wait*float64(time.Second))+10*time.Second)
		}
	}
	return p, nil
}

func isOfNoKey(letter rune) bool { return letter < '!' || letter > '~' }

// address gives where the API is: with its version, and without a slash at the end.
func address(base string) (string, error) {
	if base == "" {
		base = "http://127.0.0.1:3000"
	}
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" {
		return "", fmt.Errorf("the base URL %q is no address, as https://chatbot.example.com is", base)
	}
	return strings.TrimSuffix(strings.TrimRight(base, "/"), "/v1") + "/v1", nil
}

// fromCursor is a query without its page, and with a cursor.
type fromCursor struct {
	query  any
	cursor string
}

func queryOf(asked any, more map[string]string) (url.Values, error) {
	values := url.Values{}
	cursor, isFromCursor := asked.(fromCursor)
	if isFromCursor {
		asked = cursor.query
	}
	if asked != nil {
		data, err := json.Marshal(asked)
		if err != nil {
			return nil, err
		}
		fields := map[string]any{}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&fields); err != nil {
			return nil, err
		}
		for name, value := range fields {
			if value != nil {
				values.Set(name, fmt.Sprint(value))
			}
		}
	}
	for name, value := range more {
		values.Set(name, value)
	}
	if isFromCursor {
		values.Del("page")
		values.Set("cursor", cursor.cursor)
	}
	return values, nil
}

func bodyOf(body any, more map[string]any) ([]byte, error) {
	if body == nil && len(more) == 0 {
		return nil, nil
	}
	data, err := json.Marshal(body)
	if err != nil || len(more) == 0 {
		return data, err
	}
	fields := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	if fields == nil {
		fields = map[string]any{}
	}
	for name, value := range more {
		fields[name] = value
	}
	return json.Marshal(fields)
}

// route fills ids into the places of a path. It refuses what would make another path.
func route(path string, ids ...string) (string, error) {
	for _, id := range ids {
		if id == "" || id == "." || id == ".." {
			return "", fmt.Errorf("an id is missing in %s: there is %q", path, id)
		}
		begin, end := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
		path = path[:begin] + url.PathEscape(id) + path[end+1:]
	}
	return path, nil
}

func uuid() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
