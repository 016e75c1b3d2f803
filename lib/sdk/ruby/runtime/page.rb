# frozen_string_literal: true

module ChatbotPlatform
  # One page of a list. Iterating over it gives the rows of this page and of all that follow, each page when it is needed:
  # `each`, `first(10)`, `lazy` and all else that is Enumerable.
  class Page
    include Enumerable

    # @return [Array] The rows of this page alone.
    attr_reader :data
    # @return [Types::PageMeta]
    attr_reader :meta

    # @api private
    def initialize(data, meta, &following)
      @data = data
      @meta = meta
      @following = following
    end

    # Whether rows follow.
    def next_page? = !@meta.next_cursor.nil?

    # Raises where there is none: ask `next_page?` first.
    def next_page
      raise IndexError, "This is the last page: ask next_page? first." unless next_page?

      @following.call(@meta.next_cursor)
    end

    def each(&row)
      return to_enum unless row

      page = self
      while page
        page.data.each(&row)
        page = (page.next_page if page.next_page?)
      end
      self
    end

    def inspect = "#<#{self.class.name} data=#{@data.inspect}, meta=#{@meta.inspect}>"
  end
end
