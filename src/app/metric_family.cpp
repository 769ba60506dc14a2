#include <holysheep/app/metric_family.hpp>
#include <holysheep/core/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace holysheep::app {
namespace {

constexpr std::size_t longest_label_value = 128;
constexpr std::string_view total_suffix = "_total";

std::string_view metric_type_name(MetricType type) noexcept {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "gauge";
}

/// The shortest digits that are this number, without an exponent where they are few: bounds of buckets are
/// spelt as in docs/metrics.md.
void append_metric_number(std::string& out, double value) {
  std::array<char, 400> digits;
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-9 && size < 1e17);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::general;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, format).ptr;
  out.append(digits.data(), end);
}

void append_number_or_word(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
  } else if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
  } else {
    append_metric_number(out, value);
  }
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out.append("\\n");
    } else {
      if (c == '\\' || (c == '"' && quotes)) out.push_back('\\');
      out.push_back(c);
    }
  }
}

/// Writes families the one way or the other: they differ in few places.
class Exposition {
 public:
  Exposition(std::string& out, bool openmetrics) noexcept : out_(out), openmetrics_(openmetrics) {}

  void family(const MetricFamily& family) {
    if (family.samples.empty()) return;
    std::string_view name = family.name;
    if (openmetrics_ && family.type == MetricType::counter && name.ends_with(total_suffix)) {
      name.remove_suffix(total_suffix.size());  // there it is the samples' suffix, not the family's
    }
    out_.append("# HELP ").append(name).append(" ");
    append_escaped(out_, family.help, openmetrics_);
    out_.append("\n# TYPE ").append(name).append(" ").append(metric_type_name(family.type)).append("\n");
    for (const auto& sample : family.samples) {
      if (const auto* histogram = std::get_if<MetricHistogram>(&sample.value)) {
        this->histogram(family.name, sample.labels, *histogram);
      } else {
        series(family.name, "", sample.labels);
        number(std::get<double>(sample.value));
      }
    }
  }

 private:
  void histogram(std::string_view name, const std::vector<MetricLabel>& labels,
                 const MetricHistogram& histogram) {
    for (const auto& [bound, count] : histogram.buckets) {
      bound_.clear();
      append_metric_number(bound_, bound);
      series(name, "_bucket", labels, bound_);
      whole(count);
    }
    series(name, "_bucket", labels, "+Inf");
    whole(histogram.count);
    series(name, "_sum", labels);
    number(histogram.sum);
    series(name, "_count", labels);
    whole(histogram.count);
  }

  void series(std::string_view name, std::string_view suffix, const std::vector<MetricLabel>& labels,
              std::string_view bound = {}) {
    out_.append(name).append(suffix);
    char before = '{';
    for (const auto& label : labels) {
      out_.push_back(before);
      out_.append(label.name).append("=\"");
      append_escaped(out_, label.value, true);
      out_.push_back('"');
      before = ',';
    }
    if (!bound.empty()) {
      out_.push_back(before);
      out_.append("le=\"").append(bound).append("\"");
      before = ',';
    }
    out_.append(before == '{' ? " " : "} ");
  }

  void number(double value) {
    append_number_or_word(out_, value);
    out_.push_back('\n');
  }
  void whole(std::uint64_t value) {
    append_number(out_, value);
    out_.push_back('\n');
  }

  std::string& out_;
  const bool openmetrics_;
  std::string bound_;
};

void append_json_number(std::string& out, double value) {
  if (std::isfinite(value)) return append_metric_number(out, value);
  out.append("null");
}

void append_json_sample(std::string& out, const MetricSample& sample) {
  out.append(R"({"labels":{)");
  bool first = true;
  for (const auto& label : sample.labels) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_json_string(out, label.name);
    out.push_back(':');
    append_json_string(out, label.value);
  }
  if (const auto* histogram = std::get_if<MetricHistogram>(&sample.value)) {
    out.append(R"(},"buckets":[)");
    for (const auto& [bound, count] : histogram->buckets) {
      out.push_back('[');
      append_json_number(out, bound);
      out.push_back(',');
      append_number(out, count);
      out.append("],");
    }
    out.append(R"(["+Inf",)");
    append_number(out, histogram->count);
    out.append(R"(]],"sum":)");
    append_json_number(out, histogram->sum);
    out.append(R"(,"count":)");
    append_number(out, histogram->count);
  } else {
    out.append(R"(},"value":)");
    append_json_number(out, std::get<double>(sample.value));
  }
  out.push_back('}');
}

/// One element of Accept: how much it is wanted, in thousandths; -1 where `type` is not what it names.
struct WantedType {
  std::string_view type;
  std::string_view version;
  int weight = 1000;
};

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blank = " \t";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

bool same_word(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// `0`, `0.5`, `1.000`, in thousandths; what is malformed counts as 0.
int thousandths(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000;
  int step = 100;
  for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (c < '0' || c > '9') return 0;
    weight += step * (c - '0');
    step /= 10;
  }
  return std::min(weight, 1000);
}

std::string_view cut_off(std::string_view& text, char separator) noexcept {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return trimmed(part);
}

WantedType wanted_type(std::string_view element) noexcept {
  WantedType wanted;
  wanted.type = cut_off(element, ';');
  while (!element.empty()) {
    auto value = cut_off(element, ';');
    const auto name = cut_off(value, '=');
    value = trimmed(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    if (same_word(name, "q")) wanted.weight = thousandths(value);
    if (same_word(name, "version")) wanted.version = value;
  }
  return wanted;
}

}  // namespace

std::string label_value(std::string_view text) {
  std::string value;
  append_printable(value, text, longest_label_value);
  return value;
}

void append_prometheus(std::string& out, const std::vector<MetricFamily>& families) {
  Exposition exposition(out, false);
  for (const auto& family : families) exposition.family(family);
}

void append_openmetrics(std::string& out, const std::vector<MetricFamily>& families) {
  Exposition exposition(out, true);
  for (const auto& family : families) exposition.family(family);
  out.append("# EOF\n");
}

void append_metrics_json(std::string& out, const std::vector<MetricFamily>& families) {
  out.push_back('{');
  bool first = true;
  for (const auto& family : families) {
    if (!std::exchange(first, false)) out.push_back(',');
    append_json_string(out, family.name);
    out.append(R"(:{"type":")").append(metric_type_name(family.type)).append(R"(","samples":[)");
    bool first_sample = true;
    for (const auto& sample : family.samples) {
      if (!std::exchange(first_sample, false)) out.push_back(',');
      append_json_sample(out, sample);
    }
    out.append("]}");
  }
  out.push_back('}');
}

bool accepts_openmetrics(std::string_view accept) noexcept {
  int openmetrics = 0;
  int plain = 0;
  while (!accept.empty()) {
    const auto wanted = wanted_type(cut_off(accept, ','));
    const bool known = wanted.version.empty() || wanted.version == "1.0.0" || wanted.version == "0.0.1";
    if (known && same_word(wanted.type, "application/openmetrics-text")) {
      openmetrics = std::max(openmetrics, wanted.weight);
    }
    if (same_word(wanted.type, "text/plain")) plain = std::max(plain, wanted.weight);
  }
  return openmetrics > 0 && openmetrics >= plain;
}

}  // namespace holysheep::app
