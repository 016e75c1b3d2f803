package chatbot

import (
	"bytes"
	"encoding/json"
	"time"
)

// Opt is a field that may be left out: its zero value is not sent. [Value] and [Null] give one that is.
type Opt[T any] struct {
	value T
	state state
}

type state uint8

const (
	isAbsent state = iota
	isNull
	isValue
)

// Value gives a field that is sent with a value.
func Value[T any](value T) Opt[T] { return Opt[T]{value, isValue} }

// Null gives a field that is sent as null, which clears what is there.
func Null[T any]() Opt[T] { return Opt[T]{state: isNull} }

// Get gives the value, and whether there is one.
func (o Opt[T]) Get() (T, bool) { return o.value, o.state == isValue }

// IsNull says whether it is sent as null.
func (o Opt[T]) IsNull() bool { return o.state == isNull }

// IsZero says whether it is left out.
func (o Opt[T]) IsZero() bool { return o.state == isAbsent }

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != isValue {
		return []byte("null"), nil
	}
	if at, isTime := any(o.value).(time.Time); isTime {
		return json.Marshal(sentTime(at))
	}
	return json.Marshal(o.value)
}

// sentTime is a time as the API takes it: in UTC, to the millisecond.
func sentTime(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// UnmarshalJSON reads a value, or null.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*o = Null[T]()
		return nil
	}
	o.state = isValue
	return json.Unmarshal(data, &o.value)
}

// answered is what every answer has beside its fields.
type answered struct {
	raw json.RawMessage
}

// RawJSON gives the JSON that it came as, with the fields that this version has no name for.
func (a answered) RawJSON() string { return string(a.raw) }

func (a *answered) keep(data []byte) { a.raw = bytes.Clone(data) }

// withLiterals writes an object with the fields in it that are always the same.
func withLiterals(object any, literals string) ([]byte, error) {
	data, err := json.Marshal(object)
	if err != nil || string(data) == "{}" {
		return []byte("{" + literals + "}"), err
	}
	return append([]byte("{"+literals+","), data[1:]...), nil
}

// kindIn gives the field that tells variants apart.
func kindIn(data []byte, field string) (string, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return "", err
	}
	var kind string
	_ = json.Unmarshal(fields[field], &kind)
	return kind, nil
}

// read gives a value of its own.
func read[T any](data []byte) (T, error) {
	var value T
	return value, json.Unmarshal(data, &value)
}

// valueOr writes a value, or the JSON that stands for one.
func valueOr(value any, raw json.RawMessage) ([]byte, error) {
	if value == nil && raw != nil {
		return raw, nil
	}
	return json.Marshal(value)
}
