// The stack machine behind formats/pickle.h. Its member functions stand in pickle.cc (the opcodes), pickle_stack.cc
// (input, stack and memo) and pickle_tensors.cc (the names that a pickle may ask for, and what they rebuild).
#pragma once

#include <optional>

#include "formats/pickle.h"

namespace effnet::pickle {

// Enough for a checkpoint with an optimizer's state, too little to eat a machine's memory.
constexpr std::size_t most_values = 1'000'000, most_opcodes = 10'000'000, most_memo = 1'000'000;

// A member function that fails leaves its text in failure_; the loop ends then.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}
  Result<Document> run();

 private:
  using Kind = Value::Kind;

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

}  // namespace effnet::pickle
