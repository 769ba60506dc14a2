#include <holysheep/app/client_keys_file.hpp>
#include <holysheep/core/file_text.hpp>
#include <holysheep/core/json_document.hpp>
#include <holysheep/core/redaction.hpp>
#include <holysheep/core/rfc3339.hpp>
#include <holysheep/core/value_forms.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace holysheep::app {
namespace {

constexpr std::size_t client_keys_file_mib = 8;
constexpr double highest_client_rate = 1e7;
constexpr std::int64_t most_client_requests = 1'000'000;

constexpr std::array<std::string_view, 2> keys_file_fields{"$schema", "clients"};
constexpr std::array<std::string_view, 9> client_fields{
    "id",        "key_sha256", "rate_limit_per_second", "max_in_flight",
    "models",    "expires",    "tokens_per_minute",     "weight",
    "budget_usd"};
constexpr std::array<std::string_view, 3> later_client_fields{"tokens_per_minute", "weight", "budget_usd"};

constexpr std::string_view a_key_digest = "the SHA-256 of the client's key, 64 hexadecimal digits";
constexpr std::string_view a_client_rate = "a number above 0, at most 10000000";
constexpr std::string_view a_client_count = "a whole number from 1 to 1000000";
constexpr std::string_view a_model_list =
    "a list of at least one model name, with * for any run of characters";
constexpr std::string_view a_model_glob = "a model name of 1 to 256 bytes without control characters";
constexpr std::string_view an_expiry = "a day, \"2027-01-01\", or a time, \"2027-01-01T12:00:00Z\"";

/// Takes one document apart; every problem found on the way is kept.
class ClientReader {
 public:
  std::vector<ClientSpec> read(const nlohmann::json& json) {
    std::vector<ClientSpec> clients;
    if (!problems_.is_object(json, "the file", R"(one JSON object, {"clients":[…]})")) return clients;
    problems_.check_fields(json, "", keys_file_fields);
    const auto all = json.find("clients");
    if (all == json.end() || !all->is_array()) {
      problems_.add("clients", all == json.end() ? "is missing" : "is " + shown_kind(*all),
                    "a list of clients");
      return clients;
    }
    for (const auto& fields : *all) {
      const auto place = "clients[" + std::to_string(clients.size()) + "]";
      clients.push_back(client(fields, place));
    }
    return clients;
  }
  [[nodiscard]] std::vector<std::string> take_problems() noexcept { return problems_.take(); }

 private:
  ClientSpec client(const nlohmann::json& fields, const std::string& place) {
    ClientSpec made;
    if (!problems_.is_object(fields, place, R"(an object, {"id":"…","key_sha256":"…"})")) return made;
    problems_.check_fields(fields, place + ".", client_fields);
    for (const auto later : later_client_fields) {
      if (!fields.contains(later)) continue;
      problems_.add(place + "." + std::string(later), "is not supported yet", "to leave it out");
    }
    read_id(made, fields, place);
    read_digest(made, fields, place);
    read_limits(made, fields, place);
    read_models_of(made, fields, place + ".models");
    read_expiry(made, fields, place + ".expires");
    return made;
  }

  /// The text of a field that must be there, null where it is none. What else stands there is not shown: it
  /// may be a key.
  const std::string* required_text(const nlohmann::json& fields, const char* name, const std::string& place,
                                   std::string_view accepted) {
    const auto given = fields.find(name);
    if (given != fields.end() && given->is_string()) return &given->get_ref<const std::string&>();
    problems_.add(place + "." + name, given == fields.end() ? "is missing" : "is not a text", accepted);
    return nullptr;
  }

  void read_id(ClientSpec& made, const nlohmann::json& fields, const std::string& place) {
    const auto* id = required_text(fields, "id", place, a_client_id);
    if (id == nullptr) return;
    if (!is_client_id(*id)) return problems_.add(place + ".id", "is no client id", a_client_id);
    made.id = *id;
    const auto [first, is_new] = ids_.emplace(*id, place);
    if (!is_new) problems_.add(place + ".id", "is that of " + first->second + " too", "an id of its own");
  }

  void read_digest(ClientSpec& made, const nlohmann::json& fields, const std::string& place) {
    const auto* hex = required_text(fields, "key_sha256", place, a_key_digest);
    if (hex == nullptr) return;
    const auto digest = parse_digest(*hex);
    if (!digest) return problems_.add(place + ".key_sha256", "is no such digest", a_key_digest);
    if (*digest == sha256({})) {
      return problems_.add(place + ".key_sha256", "is the digest of no key at all", a_key_digest);
    }
    made.digest = *digest;
    const auto [first, is_new] = digests_.emplace(*digest, place);
    if (!is_new) {
      problems_.add(place + ".key_sha256", "is that of " + first->second + " too", "a key of its own");
    }
  }

  void read_limits(ClientSpec& made, const nlohmann::json& fields, const std::string& place) {
    if (const auto given = fields.find("rate_limit_per_second"); given != fields.end()) {
      const double rate = given->is_number() ? given->get<double>() : 0;
      if (rate > 0 && rate <= highest_client_rate) {
        made.limits.rate_per_second = rate;
      } else {
        problems_.add(place + ".rate_limit_per_second", "is " + shown_kind(*given), a_client_rate);
      }
    }
    if (const auto given = fields.find("max_in_flight"); given != fields.end()) {
      // An unsigned number that no int64 holds would come out as another one, a negative one for most.
      const bool fits = given->is_number_integer() && *given >= 1 && *given <= most_client_requests;
      if (fits) {
        made.limits.max_in_flight = given->get<std::int64_t>();
      } else {
        problems_.add(place + ".max_in_flight", "is " + shown_kind(*given), a_client_count);
      }
    }
  }

  void read_models_of(ClientSpec& made, const nlohmann::json& fields, const std::string& place) {
    const auto given = fields.find("models");
    if (given == fields.end()) return;
    if (!given->is_array()) return problems_.add(place, "is " + shown_kind(*given), a_model_list);
    if (given->empty()) return problems_.add(place, "is empty", a_model_list);
    for (const auto& one : *given) {
      const auto at = place + "[" + std::to_string(made.models.size()) + "]";
      auto& glob = made.models.emplace_back(one.is_string() ? one.get<std::string>() : std::string());
      if (!one.is_string()) {
        problems_.add(at, "is " + shown_kind(one), a_model_glob);
      } else if (glob.empty() || glob.size() > 256 || !is_one_line(glob)) {
        problems_.add(at, "is no model name", a_model_glob);
      }
    }
  }

  void read_expiry(ClientSpec& made, const nlohmann::json& fields, const std::string& place) {
    const auto given = fields.find("expires");
    if (given == fields.end()) return;
    if (!given->is_string()) return problems_.add(place, "is " + shown_kind(*given), an_expiry);
    made.expires = parse_rfc3339(given->get_ref<const std::string&>());
    if (!made.expires) problems_.add(place, "is no time", an_expiry);
  }

  DocumentProblems problems_;
  std::map<std::string, std::string> ids_;  // to the place where each stood first
  std::map<Digest, std::string> digests_;
};

}  // namespace

bool is_client_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

ReadClientKeys read_client_keys(const std::string& path, const ClientTable* previous) {
  const auto in_file = [&path](std::vector<std::string> problems) {
    for (auto& problem : problems) problem.insert(0, "CLIENT_KEYS_FILE=" + redacted(path) + ": ");
    return Unexpected{std::move(problems)};
  };
  const auto content = file_text(path, client_keys_file_mib);
  if (!content) return in_file({content.error()});
  const auto json = parse_document(*content);
  if (!json) return in_file(json.error());
  ClientReader reader;
  auto clients = reader.read(*json);
  if (auto problems = reader.take_problems(); !problems.empty()) return in_file(std::move(problems));
  return std::shared_ptr<const ClientTable>(std::make_shared<ClientTable>(std::move(clients), previous));
}

}  // namespace holysheep::app
