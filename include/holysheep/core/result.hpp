#pragma once

#include <cstdlib>
#include <utility>
#include <variant>

namespace holysheep {

/// Wraps the error of a Result on its way out: `return Unexpected{Fault::bad_request};`
template <class E>
struct Unexpected {
  E error;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

/// Expected trouble is a value (the names of C++23's std::expected; libstdc++ 12 has it only there).
/// Reading the side that is not there is a bug and aborts.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected<E> failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return get<0>(); }
  const T& value() const& { return const_cast<Result*>(this)->get<0>(); }
  T&& value() && { return std::move(get<0>()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  E& error() { return get<1>(); }
  const E& error() const { return const_cast<Result*>(this)->get<1>(); }

 private:
  template <std::size_t I>
  auto& get() {
    if (state_.index() != I) std::abort();
    return *std::get_if<I>(&state_);
  }
  std::variant<T, E> state_;
};

}  // namespace holysheep
