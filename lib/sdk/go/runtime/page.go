package chatbot

import (
	"context"
	"errors"
	"iter"
	"net/http"
)

// Pages is a list that has not been asked for yet.
type Pages[T any] struct {
	ctx  context.Context
	core *core
	path string
	err  error
	call call
	opts []Option
}

// Page is one page of a list.
type Page[T any] struct {
	Data []T
	Meta PageMeta
	next func(cursor string) *Pages[T]
}

// Page asks for one page: the first, or the one that the parameters say.
func (p *Pages[T]) Page() (*Page[T], error) {
	if p.err != nil {
		return nil, p.err
	}
	whole, err := plain[struct {
		Data *[]T     `json:"data"`
		Meta PageMeta `json:"meta"`
	}](p.ctx, p.core, http.MethodGet, p.path, p.call, p.opts)
	if err != nil {
		return nil, err
	}
	if whole.Data == nil {
		return nil, errNoData
	}
	return &Page[T]{*whole.Data, whole.Meta, p.from}, nil
}

// from gives the list from a cursor on. The cursor knows the place: a page beside it is refused.
func (p *Pages[T]) from(cursor string) *Pages[T] {
	next := *p
	query := p.call.query
	if before, isFromCursor := query.(fromCursor); isFromCursor {
		query = before.query
	}
	next.call.query = fromCursor{query, cursor}
	return &next
}

// All gives every row of this page and of those after it. It ends with an error where there is one.
func (p *Pages[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		page, err := p.Page()
		for {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range page.Data {
				if !yield(row, nil) {
					return
				}
			}
			if !page.HasNextPage() {
				return
			}
			page, err = page.NextPage()
		}
	}
}

// Take gives all rows, limit of them at most: lists may be long.
func (p *Pages[T]) Take(limit int) ([]T, error) {
	rows := []T{}
	if limit <= 0 {
		return rows, nil
	}
	for row, err := range p.All() {
		if err != nil {
			return rows, err
		}
		if rows = append(rows, row); len(rows) >= limit {
			break
		}
	}
	return rows, nil
}

// HasNextPage says whether there are more rows.
func (p *Page[T]) HasNextPage() bool { return p.Meta.NextCursor != nil }

// NextPage asks for the page after this one. It is an error where there is none: ask HasNextPage first.
func (p *Page[T]) NextPage() (*Page[T], error) {
	if p.Meta.NextCursor == nil {
		return nil, errors.New("this is the last page: ask HasNextPage first")
	}
	return p.next(*p.Meta.NextCursor).Page()
}
