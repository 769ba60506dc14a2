#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holysheep::sim {

/// A request as it came: names keep their case, fields their order. Reused from one request of a
/// connection to the next, so that its memory is.
class Request {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  std::string method;
  std::string target;
  std::string body;
  unsigned version = 11;
  bool keep_alive = true;
  bool expects_continue = false;

  void clear();
  void add_field(std::string_view name, std::string_view value);
  std::size_t field_count() const { return fields_.size(); }
  Field field(std::size_t index) const;
  /// The value of the first field of that name, in any case; empty where there is none.
  std::string_view value_of(std::string_view name) const;

  /// The target without its query.
  std::string_view path() const;
  /// The decoded value of a query parameter; `otherwise` where there is none.
  std::string query(std::string_view name, std::string_view otherwise = {}) const;
  /// The same as a number; `otherwise` where it is none.
  std::uint64_t query_number(std::string_view name, std::uint64_t otherwise) const;

 private:
  struct Place {
    std::uint32_t name_begin;
    std::uint32_t value_begin;
    std::uint32_t value_end;
  };
  std::string text_;
  std::vector<Place> fields_;
};

/// Percent-decodes; what is not a valid escape stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace holysheep::sim
