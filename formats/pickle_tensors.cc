#include "base/text.h"
#include "formats/pickle_machine.h"

namespace effnet::pickle {
namespace {

struct StorageName {
  std::string_view name;
  Dtype dtype;
};
constexpr StorageName storage_names[] = {
    {"torch FloatStorage", Dtype::f32}, {"torch DoubleStorage", Dtype::f64},
    {"torch HalfStorage", Dtype::f16},  {"torch BFloat16Storage", Dtype::bf16},
    {"torch LongStorage", Dtype::i64},  {"torch IntStorage", Dtype::i32},
    {"torch ShortStorage", Dtype::i16}, {"torch CharStorage", Dtype::i8},
    {"torch ByteStorage", Dtype::u8},   {"torch BoolStorage", Dtype::boolean}};
constexpr std::string_view ordered_dict = "collections OrderedDict", size = "torch Size",
                           rebuild_tensor = "torch._utils _rebuild_tensor",
                           rebuild_tensor_v2 = "torch._utils _rebuild_tensor_v2",
                           rebuild_parameter = "torch._utils _rebuild_parameter";

const StorageName* find_storage(std::string_view name) {
  for (const StorageName& row : storage_names)
    if (row.name == name) return &row;
  return nullptr;
}

// The allowed name as a constant that lives for ever, or empty.
std::string_view find_name(std::string_view module, std::string_view name) {
  const auto same = [&](std::string_view allowed) {
    return allowed.size() == module.size() + 1 + name.size() && allowed.starts_with(module) &&
           allowed[module.size()] == ' ' && allowed.ends_with(name);
  };
  for (const std::string_view allowed :
       {ordered_dict, size, rebuild_tensor, rebuild_tensor_v2, rebuild_parameter})
    if (same(allowed)) return allowed;
  for (const StorageName& row : storage_names)
    if (same(row.name)) return row.name;
  return {};
}

}  // namespace

bool Machine::name(std::string_view module, std::string_view attribute) {
  const std::string_view allowed = find_name(module, attribute);
  if (allowed.empty()) {
    const std::string asked = std::string(module) + "." + std::string(attribute);
    return fail(
        "refuses " + in_quotes(asked) +
        ", which this file asks Python to load; only tensors are read: save torch's state_dict() alone");
  }
  Value* value = create(Kind::name);
  if (value) value->text = allowed;
  return push(value);
}

bool Machine::stack_name() {
  const Value* attribute = pop();
  const Value* module = attribute ? pop() : nullptr;
  if (!module) return false;
  if (module->kind != Kind::text || attribute->kind != Kind::text) return fail("a name that is no text");
  return name(module->text, attribute->text);
}

bool Machine::make_dict(const Value& arguments) {
  Value* dict = create(Kind::dict);
  if (!dict) return false;
  if (arguments.items.size() > 1 || (arguments.items.size() == 1 && arguments.items[0]->kind != Kind::list))
    return fail("OrderedDict takes a list of pairs");
  if (arguments.items.size() == 1)
    for (const Value* pair : arguments.items[0]->items) {
      if ((pair->kind != Kind::tuple && pair->kind != Kind::list) || pair->items.size() != 2)
        return fail("OrderedDict takes a list of pairs");
      dict->items.insert(dict->items.end(), pair->items.begin(), pair->items.end());
      // One list may be used again and again: the only way to make much out of few opcodes.
      if (++copied_ > most_values) return fail("too many dicts for a state dict");
    }
  return push(dict);
}

bool Machine::read_numbers(const Value& value, std::vector<std::int64_t>& numbers) {
  if (value.kind != Kind::tuple && value.kind != Kind::list) return fail("a tensor's shape must be a tuple");
  if (value.items.size() > static_cast<std::size_t>(max_rank))
    return fail("a tensor has more than " + std::to_string(max_rank) + " dimensions");
  for (const Value* item : value.items) {
    if (item->kind != Kind::integer || item->integer < 0)
      return fail("a tensor's shape and strides must be whole numbers from 0 on");
    numbers.push_back(item->integer);
  }
  return true;
}

// (storage, offset, shape, strides, requires_grad, hooks[, metadata])
bool Machine::make_tensor(const Value& arguments) {
  if (arguments.items.size() < 4 || arguments.items[0]->kind != Kind::storage ||
      arguments.items[1]->kind != Kind::integer || arguments.items[1]->integer < 0)
    return fail("a tensor must be rebuilt from storage, offset, shape and strides");
  View view;
  view.storage = arguments.items[0]->text;
  view.offset = arguments.items[1]->integer;
  if (!read_numbers(*arguments.items[2], view.shape) || !read_numbers(*arguments.items[3], view.strides))
    return false;
  if (view.shape.size() != view.strides.size()) return fail("a tensor needs one stride a dimension");
  bool empty = false;
  std::int64_t last = view.offset;  // index of the last element in the storage
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    std::int64_t reach = 0;
    empty |= view.shape[i] == 0;
    if (view.shape[i] > 0 && (__builtin_mul_overflow(view.shape[i] - 1, view.strides[i], &reach) ||
                              __builtin_add_overflow(last, reach, &last)))
      return fail("a tensor's shape and strides overflow");
  }
  const std::int64_t elements = document_.storages.at(view.storage).elements;
  if (empty ? view.offset > elements : last >= elements)
    return fail("a tensor reaches beyond its storage of " + std::to_string(elements) + " elements");
  Value* tensor = create(Kind::tensor);
  if (tensor) tensor->view = std::move(view);
  return push(tensor);
}

bool Machine::reduce() {
  const Value* arguments = pop();
  const Value* function = arguments ? pop() : nullptr;
  if (!function) return false;
  if (function->kind != Kind::name || arguments->kind != Kind::tuple)
    return fail("only a name can be called, with a tuple");
  if (function->text == ordered_dict) return make_dict(*arguments);
  if (function->text == rebuild_tensor || function->text == rebuild_tensor_v2) return make_tensor(*arguments);
  const std::vector<Value*>& items = arguments->items;
  if (function->text == rebuild_parameter && !items.empty() && items[0]->kind == Kind::tensor)
    return push(items[0]);
  if (function->text == size && items.size() == 1 && items[0]->kind == Kind::tuple) return push(items[0]);
  return fail("refuses to call " + in_quotes(function->text) + " with these arguments");
}

// ("storage", type, key, location, elements[, view]) from torch's persistent identifiers.
bool Machine::make_storage() {
  const Value* identifier = pop();
  if (!identifier) return false;
  const std::vector<Value*>& items = identifier->items;
  const bool well_formed = identifier->kind == Kind::tuple && (items.size() == 5 || items.size() == 6) &&
                           items[0]->kind == Kind::text && items[0]->text == "storage" &&
                           items[1]->kind == Kind::name && items[2]->kind == Kind::text &&
                           items[4]->kind == Kind::integer && items[4]->integer >= 0;
  if (!well_formed) return fail("a persistent identifier that is no torch storage");
  if (items.size() == 6 && items[5]->kind != Kind::none)
    return fail("storages that are views of others are not read; save the file with a newer torch");
  const StorageName* type = find_storage(items[1]->text);
  if (!type) return fail("a storage of the unknown type " + in_quotes(items[1]->text));
  const Storage storage{type->dtype, items[4]->integer};
  const auto [known, added] = document_.storages.emplace(items[2]->text, storage);
  if (!added && (known->second.dtype != storage.dtype || known->second.elements != storage.elements))
    return fail("storage " + in_quotes(items[2]->text) + " is described in two ways");
  Value* value = create(Kind::storage);
  if (value) value->text = items[2]->text;
  return push(value);
}

// State of an object: attributes of an OrderedDict (torch's "_metadata"), which mean nothing here.
bool Machine::build() {
  if (!pop()) return false;
  return top(Kind::dict, "a dict to give attributes to") != nullptr;
}

}  // namespace effnet::pickle
