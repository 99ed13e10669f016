#pragma once
// Errors as values: a Result holds what was asked for, or why it could not be had.
//
// Kinds say what the caller can do about it; the message is a sentence for a person.

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast {

enum class ErrorKind {
  invalid,    ///< The input is wrong; the person can correct it.
  not_found,  ///< What is named does not exist (any more).
  conflict,   ///< It cannot be done in the present state.
  forbidden,  ///< This account may not do it.
  gone,       ///< This device was removed: its data is to go.
  offline,    ///< The server cannot be reached; try again later.
  storage,    ///< The disk or quota refuses.
  corrupt,    ///< Bytes are not what they should be.
  outdated,   ///< The other side speaks another version of the protocol: one of the two has to be updated.
};

struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;
};

/// Stops the program: a broken promise between two parts of it, never bad input.
[[noreturn]] void assertion_failed(const char* what, const char* file, int line);
#define HOLDFAST_ASSERT(expr) ((expr) ? (void)0 : ::holdfast::assertion_failed(#expr, __FILE__, __LINE__))

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { HOLDFAST_ASSERT(ok()); return std::get<0>(state_); }
  const T& value() const { HOLDFAST_ASSERT(ok()); return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { HOLDFAST_ASSERT(!ok()); return std::get<1>(state_); }
  T take() { return std::move(value()); }
  Error take_error() { HOLDFAST_ASSERT(!ok()); return std::move(std::get<1>(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// A Result with nothing in it.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { HOLDFAST_ASSERT(error_.has_value()); return *error_; }
  Error take_error() { HOLDFAST_ASSERT(error_.has_value()); return std::move(*error_); }
  void take() const {}

 private:
  std::optional<Error> error_;
};

/// The value of `expr`, or an early return with its error. One per statement.
#define TRY(expr)                                          \
  __extension__({                                          \
    auto try_result = (expr);                              \
    if (!try_result.ok()) return try_result.take_error();  \
    try_result.take();                                     \
  })

}  // namespace holdfast
