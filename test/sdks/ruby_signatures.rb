# frozen_string_literal: true

# Compares the methods of the Ruby SDK with its signatures, whose folder is the argument.

require "chatbot_platform"
require "rbs"

def holds(what, is_so)
  raise "#{what} was to hold." unless is_so
end

# Every public method has a signature, and every signature a method that takes what it says.
class Signatures
  def initialize(folder)
    loader = RBS::EnvironmentLoader.new
    loader.add(path: Pathname(folder))
    %w[net-http uri].each { |name| loader.add(library: name, version: nil) }
    @builder = RBS::DefinitionBuilder.new(env: RBS::Environment.from_loader(loader).resolve_type_names)
  end

  def compare(owner)
    type = RBS::TypeName.new(name: owner.name.split("::").last.to_sym, namespace: RBS::Namespace.parse("::#{owner.name}").parent)
    if owner.is_a?(Class)
      of_own(owner, type, @builder.build_instance(type), owner.public_instance_methods(false)) { |name| owner.instance_method(name) }
    end
    of_own(owner, type, @builder.build_singleton(type), owner.singleton_methods(false)) { |name| owner.method(name) }
    owner.constants(false).filter_map { |name| owner.const_get(name) if owner.const_get(name).is_a?(Module) }
         .each { |inner| compare(inner) }
  end

  private

  def of_own(owner, type, definition, names)
    said = definition.methods.select { |_, method| method.defined_in == type && method.accessibility == :public }
    said.reject! { |name, _| %i[initialize new].include?(name) }
    names -= %i[new included]
    raise "#{owner}: #{(names - said.keys) | (said.keys - names)}" unless names.sort == said.keys.sort

    said.each { |name, method| method.method_types.each { |one| fits("#{owner}##{name}", yield(name), one.type) } }
  end

  def fits(what, method, type)
    given = method.parameters.group_by(&:first).transform_values { |all| all.map(&:last) }
    named = type.required_keywords.keys + type.optional_keywords.keys
    taken = given.fetch(:keyreq, []) + given.fetch(:key, [])
    holds "#{what} needs", (given.fetch(:keyreq, []) - type.required_keywords.keys).empty?
    holds "#{what} takes", (taken - named).empty? && (given.key?(:keyrest) || (named - taken).empty?)
    holds "#{what} has", given.key?(:rest) || given.fetch(:req, []).size == type.required_positionals.size
  end
end
Signatures.new(ARGV.fetch(0)).compare(ChatbotPlatform)
