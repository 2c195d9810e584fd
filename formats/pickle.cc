#include "formats/pickle.h"

#include "formats/pickle_machine.h"

namespace effnet::pickle {
namespace {

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

}  // namespace

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

Result<Document> read(std::span<const std::byte> bytes, const std::string& where) {
  return Machine(bytes, where).run();
}

}  // namespace effnet::pickle
