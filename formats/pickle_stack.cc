#include "formats/pickle_machine.h"

namespace effnet::pickle {

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

}  // namespace effnet::pickle
