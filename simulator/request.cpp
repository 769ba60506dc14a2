#include <charconv>

#include <boost/beast/core/string.hpp>
#include <simulator/request.hpp>

namespace holysheep::sim {

void Request::clear() {
  method.clear();
  target.clear();
  if (body.capacity() > (1U << 20U)) {
    body = {};
  }
  body.clear();
  text_.clear();
  fields_.clear();
  version = 11;
  keep_alive = true;
  expects_continue = false;
}

void Request::add_field(std::string_view name, std::string_view value) {
  const auto begin = static_cast<std::uint32_t>(text_.size());
  text_.append(name);
  const auto middle = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  fields_.push_back(Place{begin, middle, static_cast<std::uint32_t>(text_.size())});
}

Request::Field Request::field(std::size_t index) const {
  const Place& place = fields_[index];
  const std::string_view text = text_;
  return Field{text.substr(place.name_begin, place.value_begin - place.name_begin),
               text.substr(place.value_begin, place.value_end - place.value_begin)};
}

std::string_view Request::value_of(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Field candidate = field(i);
    if (candidate.name.size() == name.size() && boost::beast::iequals(candidate.name, name)) {
      return candidate.value;
    }
  }
  return {};
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string Request::query(std::string_view name, std::string_view otherwise) const {
  const auto mark = target.find('?');
  std::string_view rest =
      mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? std::string{} : percent_decoded(pair.substr(equals + 1));
    }
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return std::string(otherwise);
}

std::uint64_t Request::query_number(std::string_view name, std::uint64_t otherwise) const {
  const std::string text = query(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? value : otherwise;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      out.push_back(static_cast<char>(value));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace holysheep::sim
