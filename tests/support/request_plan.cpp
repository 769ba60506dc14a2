#include "support/request_plan.hpp"

#include <array>
#include <random>

namespace holysheep::testing {
namespace {

using nlohmann::json;

enum class Kind { chat, completions, responses, embeddings, messages, gemini };
constexpr std::array every_kind{Kind::chat,       Kind::completions, Kind::responses,
                                Kind::embeddings, Kind::messages,    Kind::gemini};
/// Those that can stream.
constexpr std::array streaming_kinds{Kind::chat, Kind::completions, Kind::responses, Kind::messages,
                                     Kind::gemini};

struct Share {
  Fate fate;
  unsigned percent;
};
constexpr std::array shares{Share{Fate::answered, 48},
                            Share{Fate::cached, 18},
                            Share{Fate::retried, 8},
                            Share{Fate::refused, 4},
                            Share{Fate::cut, 5},
                            Share{Fate::leaves_before, 4},
                            Share{Fate::leaves_where_it_stalls, 9},
                            Share{Fate::leaves_anywhere, 4}};

/// Makes one request after the other.
class Planner {
 public:
  explicit Planner(std::uint64_t seed) : random_(seed) {}

  PlannedRequest next(std::string id) {
    PlannedRequest planned;
    planned.id = std::move(id);
    planned.fate = fate();
    planned.price = &price_classes[below(price_classes.size())];
    planned.resets = below(2) == 0;
    asks_usage_ = below(2) == 0;
    headers_ = {{"X-Request-Id", planned.id}};
    content_ = "of " + planned.id;
    chunks_ = 1 + below(12);
    decide(planned);
    planned.hides_usage = planned.streamed && !asks_usage_ && is_asked_for_usage();
    planned.request = request(planned);
    return planned;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  Fate fate() {
    std::uint64_t at = below(100);
    for (const Share& share : shares) {
      if (at < share.percent) return share.fate;
      at -= share.percent;
    }
    return Fate::answered;
  }

  bool is_asked_for_usage() const { return kind_ == Kind::chat || kind_ == Kind::completions; }

  void decide(PlannedRequest& planned) {
    script_ = "usage=varied;chunks=" + std::to_string(chunks_);
    const bool needs_stream = planned.fate == Fate::cut || planned.fate >= Fate::leaves_before;
    kind_ =
        needs_stream ? streaming_kinds[below(streaming_kinds.size())] : every_kind[below(every_kind.size())];
    planned.streamed = needs_stream || (kind_ != Kind::embeddings && below(2) == 0);
    switch (planned.fate) {
      case Fate::answered:
        if (below(4) == 0) script_ += ";usage-first;usage-each";
        return;
      case Fate::cached:
        return decide_cached(planned);
      case Fate::retried:
        return decide_retried(planned);
      case Fate::refused:
        planned.status = below(2) == 0 ? 400 : 404;
        script_ += ";status=" + std::to_string(planned.status);
        return;
      case Fate::cut:
        planned.marks_partial = true;
        return stop(planned, "close");
      case Fate::leaves_before:
        script_ += ";interim=103;stall=header";
        return;
      case Fate::leaves_where_it_stalls:
        return stop(planned, "stall");
      case Fate::leaves_anywhere:
        chunks_ = 200;
        script_ = "usage=varied;usage-first;usage-each;chunk-delay=1;chunks=200";
        planned.events = static_cast<int>(1 + below(60));
        return;
    }
  }

  /// One of a few: those of one number are the same request, but for its id.
  void decide_cached(PlannedRequest& planned) {
    const std::uint64_t number = below(120);
    kind_ = every_kind[number % every_kind.size()];
    planned.streamed = kind_ != Kind::embeddings && number % 7 < 3;
    planned.price = &price_classes[number % price_classes.size()];
    asks_usage_ = number % 5 == 0;
    content_ = "shared " + std::to_string(number);
    script_ = "usage=varied;chunks=" + std::to_string(1 + number % 9);
    if (kind_ != Kind::embeddings) headers_.push_back({"Cache-Control", "max-age=300"});
  }

  void decide_retried(const PlannedRequest& planned) {
    static constexpr std::array failures{"1:429", "1:500", "1:503", "2:500", "1:529", "1:502"};
    script_ += ";fail=" + std::string(failures[below(failures.size())]) + ";tag=" + planned.id;
    if (kind_ == Kind::chat && below(2) == 0) script_ += ";billed";
  }

  /// In a stream whose usage comes first, last, or bit by bit; the client sees all that was sent, so that
  /// what it has cost by then does not depend on time.
  void stop(PlannedRequest& planned, const std::string& how) {
    const bool first = below(2) == 0;
    if (first) script_ += ";usage-first";
    script_ += ";usage-each";
    std::uint64_t total = chunks_;  // events before the end mark
    if (kind_ == Kind::chat) total = chunks_ + 3;
    if (kind_ == Kind::completions) total = chunks_ + 2;
    if (kind_ == Kind::responses) total = chunks_ + 7;
    if (kind_ == Kind::messages) total = chunks_ + 5;
    // A usage chunk that the client does not get must not be the last thing before the stop.
    const bool hides = is_asked_for_usage() && !asks_usage_;
    std::uint64_t least = 1;
    std::uint64_t most = kind_ == Kind::gemini ? total - 1 : total;
    if (hides && first) least = 2;
    if (hides && !first) most = total - 1;
    if (most < least) {  // a stream of one event: two make a middle
      chunks_ = 2;
      script_ += ";chunks=2";
      most = least;
    }
    const std::uint64_t at = least + below(most - least + 1);
    script_ += ";" + how + "=event:" + std::to_string(at);
    planned.events = static_cast<int>(at) - (hides && first ? 1 : 0);
    planned.marks_partial = true;
  }

  std::string target(const PlannedRequest& planned) const {
    switch (kind_) {
      case Kind::chat:
        return "/v1/chat/completions";
      case Kind::completions:
        return "/v1/completions";
      case Kind::responses:
        return "/v1/responses";
      case Kind::embeddings:
        return "/v1/embeddings";
      case Kind::messages:
        return "/v1/messages";
      case Kind::gemini:
        return "/v1beta/models/" + std::string(planned.price->model) +
               (planned.streamed ? ":streamGenerateContent?alt=sse" : ":generateContent");
    }
    return {};
  }

  Request request(const PlannedRequest& planned) {
    json body;
    if (kind_ == Kind::gemini) {
      body["contents"] = {{{"parts", {{{"text", content_}}}}}};
    } else {
      body["model"] = planned.price->model;
      if (planned.streamed) body["stream"] = true;
      if (kind_ == Kind::chat || kind_ == Kind::messages) {
        body["messages"] = {{{"role", "user"}, {"content", content_}}};
      } else {
        body[kind_ == Kind::completions ? "prompt" : "input"] = content_;
      }
      if (planned.streamed && asks_usage_ && is_asked_for_usage()) {
        body["stream_options"] = {{"include_usage", true}};
      }
    }
    headers_.push_back({"X-Sim", script_});
    return json_request(target(planned), body.dump(), headers_);
  }

  std::mt19937_64 random_;
  // Of the request that is being made:
  Kind kind_ = Kind::chat;
  bool asks_usage_ = false;
  std::uint64_t chunks_ = 0;
  std::string content_;
  std::string script_;
  std::vector<Header> headers_;
};

}  // namespace

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::answered:
      return "answered";
    case Fate::cached:
      return "cached";
    case Fate::retried:
      return "retried";
    case Fate::refused:
      return "refused";
    case Fate::cut:
      return "cut";
    case Fate::leaves_before:
      return "leaves before";
    case Fate::leaves_where_it_stalls:
      return "leaves where it stalls";
    case Fate::leaves_anywhere:
      return "leaves anywhere";
  }
  return "unknown";
}

std::vector<PlannedRequest> plan_of_requests(std::size_t count, std::uint64_t seed,
                                             const std::string& prefix) {
  Planner planner(seed);
  std::vector<PlannedRequest> plan;
  plan.reserve(count);
  for (std::size_t i = 0; i < count; ++i) plan.push_back(planner.next(prefix + "-" + std::to_string(i)));
  return plan;
}

}  // namespace holysheep::testing
