#include "formats/pickle.h"

#include <limits>
#include <optional>

#include "base/text.h"

namespace effnet::pickle {
namespace {

using Kind = Value::Kind;

// Enough for a checkpoint with an optimizer's state, too little to eat a machine's memory.
constexpr std::size_t most_values = 1'000'000, most_opcodes = 10'000'000, most_memo = 1'000'000;

// clang-format off
enum Opcode : unsigned char {
  MARK = '(', STOP = '.', POP = '0', POP_MARK = '1', DUP = '2', BINFLOAT = 'G', BININT = 'J', BININT1 = 'K',
  BININT2 = 'M', NONE = 'N', BINPERSID = 'Q', REDUCE = 'R', BINSTRING = 'T', SHORT_BINSTRING = 'U',
  BINUNICODE = 'X', APPEND = 'a', BUILD = 'b', GLOBAL = 'c', DICT = 'd', EMPTY_DICT = '}', APPENDS = 'e',
  BINGET = 'h', INST = 'i', LONG_BINGET = 'j', LIST = 'l', EMPTY_LIST = ']', BINPUT = 'q', LONG_BINPUT = 'r',
  SETITEM = 's', TUPLE = 't', EMPTY_TUPLE = ')', SETITEMS = 'u', PROTO = 0x80, TUPLE1 = 0x85, TUPLE2 = 0x86,
  TUPLE3 = 0x87, NEWTRUE = 0x88, NEWFALSE = 0x89, LONG1 = 0x8a, SHORT_BINUNICODE = 0x8c, STACK_GLOBAL = 0x93,
  MEMOIZE = 0x94, FRAME = 0x95
};
// clang-format on

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

// The stack machine. A member function that fails leaves its text in failure_; the loop ends then.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}
  Result<Document> run();

 private:
  bool step(unsigned char opcode);
  bool fail(const std::string& what) {
    if (!failure_) failure_ = where_ + ": " + what + " (at byte " + std::to_string(at_) + " of the pickle)";
    return false;
  }

  // Input.
  bool take(std::size_t count, std::string_view& text);
  bool take_number(std::size_t count, std::uint64_t& number);  // little-endian
  bool take_line(std::string_view& text);
  bool text(std::size_t length_bytes);

  // Stack.
  Value* create(Kind kind);
  bool push(Value* value);
  bool push_integer(Kind kind, std::int64_t number);
  Value* pop();
  Value* top(Kind kind, const char* what);  // stays on the stack
  bool pop_to_mark(std::vector<Value*>& items);
  bool collect(Kind kind, std::size_t count);  // the last `count` values become one
  bool collect_mark(Kind kind);
  bool put(std::uint64_t index, Value* value);
  bool get(std::uint64_t index);
  bool set_items(std::vector<Value*> items);

  // Names and what they rebuild.
  bool name(std::string_view module, std::string_view attribute);
  bool stack_name();
  bool reduce();
  bool make_dict(const Value& arguments);
  bool make_tensor(const Value& arguments);
  bool make_storage();
  bool read_numbers(const Value& value, std::vector<std::int64_t>& numbers);
  bool build();

  std::span<const std::byte> bytes_;
  const std::string& where_;
  std::size_t at_ = 0, copied_ = 0;
  Document document_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;  // stack sizes
  std::map<std::uint64_t, Value*> memo_;
  std::optional<std::string> failure_;
};

bool Machine::take(std::size_t count, std::string_view& text) {
  if (count > bytes_.size() - at_) return fail("the pickle is truncated");
  text = {reinterpret_cast<const char*>(bytes_.data()) + at_, count};
  at_ += count;
  return true;
}

bool Machine::take_number(std::size_t count, std::uint64_t& number) {
  std::string_view text;
  if (!take(count, text)) return false;
  number = 0;
  for (std::size_t i = count; i-- > 0;) number = number << 8 | static_cast<unsigned char>(text[i]);
  return true;
}

bool Machine::take_line(std::string_view& text) {
  constexpr std::size_t longest = 1000;
  const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_, bytes_.size() - at_);
  const std::size_t length = rest.substr(0, longest).find('\n');
  if (length == std::string_view::npos) return fail("a name without an end");
  text = rest.substr(0, length);
  at_ += length + 1;
  return true;
}

bool Machine::text(std::size_t length_bytes) {
  std::uint64_t length = 0;
  std::string_view text;
  if (!take_number(length_bytes, length) || !take(length, text)) return false;
  Value* value = create(Kind::text);
  if (!value) return false;
  value->text = text;
  return push(value);
}

Value* Machine::create(Kind kind) {
  if (document_.values.size() >= most_values) {
    fail("more than " + std::to_string(most_values) + " values are no state dict");
    return nullptr;
  }
  document_.values.emplace_back().kind = kind;
  return &document_.values.back();
}

bool Machine::push(Value* value) {
  if (!value) return false;
  stack_.push_back(value);
  return true;
}

bool Machine::push_integer(Kind kind, std::int64_t number) {
  Value* value = create(kind);
  if (value) value->integer = number;
  return push(value);
}

Value* Machine::pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) {
    fail("an opcode needs more values than the stack has");
    return nullptr;
  }
  Value* value = stack_.back();
  stack_.pop_back();
  return value;
}

Value* Machine::top(Kind kind, const char* what) {
  if (!stack_.empty() && stack_.size() > (marks_.empty() ? 0 : marks_.back()) && stack_.back()->kind == kind)
    return stack_.back();
  fail(std::string("an opcode needs ") + what + " on the stack");
  return nullptr;
}

bool Machine::pop_to_mark(std::vector<Value*>& items) {
  if (marks_.empty()) return fail("an opcode needs a mark that is not there");
  items.assign(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return true;
}

bool Machine::collect(Kind kind, std::size_t count) {
  Value* value = create(kind);
  if (!value) return false;
  value->items.resize(count);
  for (std::size_t i = count; i-- > 0;)
    if (!(value->items[i] = pop())) return false;
  return push(value);
}

bool Machine::collect_mark(Kind kind) {
  Value* value = create(kind);
  if (!value || !pop_to_mark(value->items)) return false;
  if (kind == Kind::dict && value->items.size() % 2 != 0) return fail("a dict with a key that has no value");
  return push(value);
}

bool Machine::put(std::uint64_t index, Value* value) {
  if (!value || stack_.empty()) return fail("nothing on the stack to remember");
  if (index >= most_memo) return fail("the memo has too many entries");
  memo_[index] = value;
  return true;
}

bool Machine::get(std::uint64_t index) {
  const auto found = memo_.find(index);
  return found == memo_.end() ? fail("the memo has no such entry") : push(found->second);
}

bool Machine::set_items(std::vector<Value*> items) {
  Value* dict = top(Kind::dict, "a dict");
  if (!dict) return false;
  if (items.size() % 2 != 0) return fail("a dict with a key that has no value");
  dict->items.insert(dict->items.end(), items.begin(), items.end());
  return true;
}

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

bool Machine::step(unsigned char opcode) {
  std::uint64_t number = 0;
  std::string_view text_value, second;
  std::vector<Value*> items;
  switch (opcode) {
    case PROTO:
      if (!take_number(1, number)) return false;
      return number <= 5 || fail("pickle protocol " + std::to_string(number) + " is unknown");
    case FRAME:
      return take_number(8, number);
    case MARK:
      marks_.push_back(stack_.size());
      return true;
    case POP:
      return pop() != nullptr;
    case POP_MARK:
      return pop_to_mark(items);
    case DUP:
      return stack_.empty() ? fail("nothing on the stack to repeat") : push(stack_.back());
    case NONE:
      return push(create(Kind::none));
    case NEWTRUE:
      return push_integer(Kind::boolean, 1);
    case NEWFALSE:
      return push_integer(Kind::boolean, 0);
    case BININT:
      return take_number(4, number) && push_integer(Kind::integer, static_cast<std::int32_t>(number));
    case BININT1:
      return take_number(1, number) && push_integer(Kind::integer, static_cast<int>(number));
    case BININT2:
      return take_number(2, number) && push_integer(Kind::integer, static_cast<int>(number));
    case LONG1: {
      std::uint64_t length = 0;
      if (!take_number(1, length)) return false;
      if (length > 8) return fail("a number of more than 64 bits");
      if (!take_number(length, number)) return false;
      if (length > 0 && length < 8 && number >> (8 * length - 1)) number |= ~std::uint64_t{0} << 8 * length;
      return push_integer(Kind::integer, static_cast<std::int64_t>(number));
    }
    case BINFLOAT:
      return take(8, text_value) && push(create(Kind::real));
    case SHORT_BINUNICODE:
    case SHORT_BINSTRING:
      return text(1);
    case BINUNICODE:
    case BINSTRING:
      return text(4);
    case EMPTY_TUPLE:
      return push(create(Kind::tuple));
    case TUPLE1:
      return collect(Kind::tuple, 1);
    case TUPLE2:
      return collect(Kind::tuple, 2);
    case TUPLE3:
      return collect(Kind::tuple, 3);
    case TUPLE:
      return collect_mark(Kind::tuple);
    case EMPTY_LIST:
      return push(create(Kind::list));
    case LIST:
      return collect_mark(Kind::list);
    case EMPTY_DICT:
      return push(create(Kind::dict));
    case DICT:
      return collect_mark(Kind::dict);
    case APPEND:
    case APPENDS: {
      if (opcode == APPENDS ? !pop_to_mark(items) : !(items.emplace_back(pop()), items.back())) return false;
      Value* list = top(Kind::list, "a list");
      if (list) list->items.insert(list->items.end(), items.begin(), items.end());
      return list != nullptr;
    }
    case SETITEM: {
      Value* value = pop();
      Value* key = value ? pop() : nullptr;
      return key && set_items({key, value});
    }
    case SETITEMS:
      return pop_to_mark(items) && set_items(std::move(items));
    case BINPUT:
      return take_number(1, number) && put(number, stack_.empty() ? nullptr : stack_.back());
    case LONG_BINPUT:
      return take_number(4, number) && put(number, stack_.empty() ? nullptr : stack_.back());
    case MEMOIZE:
      return put(memo_.size(), stack_.empty() ? nullptr : stack_.back());
    case BINGET:
      return take_number(1, number) && get(number);
    case LONG_BINGET:
      return take_number(4, number) && get(number);
    case GLOBAL:
      return take_line(text_value) && take_line(second) && name(text_value, second);
    case INST:
      return take_line(text_value) && take_line(second) && name(text_value, second) && fail("refuses INST");
    case STACK_GLOBAL:
      return stack_name();
    case REDUCE:
      return reduce();
    case BUILD:
      return build();
    case BINPERSID:
      return make_storage();
    default:
      return fail("refuses pickle opcode " + std::to_string(opcode) + ", which rebuilds no tensor");
  }
}

Result<Document> Machine::run() {
  std::uint64_t opcode = 0;
  for (std::size_t count = 0; count < most_opcodes && take_number(1, opcode); ++count) {
    if (opcode == STOP) {
      document_.root = pop();
      if (!document_.root) break;
      document_.bytes = at_;
      return std::move(document_);
    }
    if (!step(static_cast<unsigned char>(opcode))) break;
  }
  if (!failure_) fail("the pickle is too long for a state dict");
  return Status::error(*failure_);
}

}  // namespace

Result<Document> read(std::span<const std::byte> bytes, const std::string& where) {
  return Machine(bytes, where).run();
}

}  // namespace effnet::pickle
