// Whole exchanges through the real sessions: a client's bytes and upstream's answers, both cut at random. An
// input is the client's bytes, then upstream's answers, each behind a line `----` and begun by a digit (enum
// Then).
#include "fuzz.hpp"
#include "message_reader.hpp"
#include "proxy_in_process.hpp"
#include "scripted_upstream.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

constexpr std::string_view separator = "\n----\n";

struct Script {
  std::string_view client;
  std::vector<ScriptedAnswer> answers;
};

Script script_of(std::string_view input) {
  Script script;
  const auto take = [&input] {
    const std::size_t end = std::min(input.find(separator), input.size());
    const std::string_view part = input.substr(0, end);
    input.remove_prefix(std::min(end + separator.size(), input.size()));
    return part;
  };
  script.client = take();
  while (!input.empty() && script.answers.size() < 8) {
    std::string_view part = take();
    const auto then = static_cast<Then>(take_choice(part, 5));
    script.answers.push_back({then, part});
  }
  return script;
}

class Conversation {
 public:
  Conversation(const Script& script, ScriptedUpstream& upstream, Chance& chance)
      : proxy_(upstream.port()), upstream_(upstream), chance_(chance), unsent_(script.client) {
    upstream_.begin(script.answers);
  }

  /// Everything the client got, to the end of its connection.
  std::string run() {
    PlainSocket client(proxy_.connect());
    while (client.open()) {
      const bool sent = send(client);
      const bool got = client.read(received_);
      const bool worked = upstream_.step(chance_);
      const bool turned = proxy_.turn();
      if (client.ended()) client.close();
      // Nobody has anything to say any more: the client leaves.
      if (!sent && !got && !worked && !turned && !proxy_.wait() && !upstream_.step(chance_) &&
          !client.read(received_))
        client.close();
    }
    upstream_.close();
    for (int turns = 0; proxy_.connections() > 0 && turns < 64; ++turns) proxy_.wait();
    expect(proxy_.connections() == 0, "a connection whose client has left ends");
    proxy_.turn();
    expect(!proxy_.threw(), "no exception leaves a session");
    expect(proxy_.holds_nothing(), "everything that was held is given back");
    return std::move(received_);
  }

 private:
  bool send(PlainSocket& client) {
    if (unsent_.empty() || client.ended()) return false;
    const auto piece = unsent_.substr(0, 1 + chance_.below(chance_.once_in(2) ? 8 : 2000));
    const std::size_t sent = client.write(piece);
    unsent_.remove_prefix(sent);
    return sent > 0;
  }

  ProxyInProcess proxy_;
  ScriptedUpstream& upstream_;
  Chance& chance_;
  std::string_view unsent_;
  std::string received_;
};

/// Upstream sees the client's requests, in their order, and nothing else. Some may be left out, and one is
/// asked again where a connection that was used before ended without a byte of its answer.
void expect_requests_are_the_clients(const ReadRequests& clients, const ScriptedUpstream& upstream) {
  expect(!upstream.confused(), "upstream gets requests, one after the other");
  expect(upstream.requests().size() <= 2 * clients.complete.size(), "upstream is asked no more than twice");
  auto next = clients.complete.begin();
  for (const ReadRequest& seen : upstream.requests()) {
    expect(seen.authorization == "Bearer sk-the-keyofours", "upstream sees the proxy's key");
    expect(seen.host.starts_with("127.0.0.1:"), "upstream sees its own name");
    const std::string_view path = seen.path;
    next = std::find_if(next, clients.complete.end(), [&](const ReadRequest& sent) {
      return sent.method == seen.method && sent.body == seen.body &&
             sent.path.ends_with(path.substr(path.starts_with("/v1beta") ? 0 : 3));
    });
    expect(next != clients.complete.end(), "upstream sees what the client sent");
  }
}

bool is_own(const ReadAnswer& answer) {
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  return body.is_object() && (body.contains("error") || body.contains("status"));
}

void expect_answers_are_upstreams(const Script& script, const ReadRequests& clients,
                                  std::string_view received) {
  std::vector<http::Method> methods;
  for (const ReadRequest& request : clients.complete) methods.push_back(request.method_id);
  if (clients.more) methods.push_back(clients.last);
  const ReadAnswers got = read_answers(received, methods);
  expect(!got.malformed, "the client gets answers");
  // A head that is cut off is not among them.
  expect(got.final.size() <= methods.size() + 1, "no more answers than requests");
  if (!got.final.empty() && got.final.back().complete && !got.final.back().keep_alive)
    expect(got.left == 0, "nothing follows the last answer");
  std::vector<std::string> bodies;
  for (const ScriptedAnswer& answer : script.answers) {
    for (const http::Method method : {http::Method::get, http::Method::head}) {
      for (const ReadAnswer& one : read_answers(answer.bytes, {method}).final) {
        if (one.complete) bodies.push_back(one.body);
        break;  // what comes behind the first is nobody's
      }
    }
  }
  for (const ReadAnswer& answer : got.final) {
    if (!answer.complete || !answer.delimited || answer.body.empty() || is_own(answer)) continue;
    expect(std::ranges::find(bodies, answer.body) != bodies.end(),
           "a complete answer is one that upstream gave");
  }
}

}  // namespace

void exchange(std::string_view input) {
  static ScriptedUpstream upstream;
  Chance chance(input);
  const Script script = script_of(input);
  Conversation conversation(script, upstream, chance);
  const std::string received = conversation.run();
  const ReadRequests clients = read_requests(script.client);
  expect_requests_are_the_clients(clients, upstream);
  expect_answers_are_upstreams(script, clients, received);
}

}  // namespace holysheep::fuzz
