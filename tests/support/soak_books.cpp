#include "support/soak_books.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>

#include <gtest/gtest.h>

namespace holysheep::testing {
namespace {

using nlohmann::json;

/// As the outcome of an attempt is called.
std::string class_of(int status) {
  return status == 429 ? "429" : std::to_string(status / 100) + "xx";
}

std::string text_in(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

bool is_shared(const json& line) {
  const auto cache = text_in(line, "cache");
  return cache == "miss" || cache == "coalesced" || cache == "hit";
}

/// What goes out of an event that is cut in its middle counts upstream as not told, and in the books where it
/// was read.
bool is_half_told(const SoakRequest& request) {
  return request.fault.find("mid-event") != std::string::npos ||
         request.fault.find("body:") != std::string::npos;
}

}  // namespace

MetricsPage::MetricsPage(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string::npos) continue;
    series_[line.substr(0, space)] = std::atof(line.c_str() + space);
  }
}

double MetricsPage::sum(const std::string& family, const std::string& part) const {
  double all = 0;
  for (const auto& [name, value] : series_) {
    const bool same = name == family || name.starts_with(family + "{");
    if (same && name.find(part) != std::string::npos) all += value;
  }
  return all;
}

std::map<std::string, double> MetricsPage::by(const std::string& family, const std::string& label) const {
  std::map<std::string, double> sums;
  const std::string mark = label + "=\"";
  for (const auto& [name, value] : series_) {
    if (!name.starts_with(family + "{")) continue;
    const auto at = name.find(mark);
    if (at == std::string::npos || value == 0) continue;
    sums[name.substr(at + mark.size(), name.find('"', at + mark.size()) - at - mark.size())] += value;
  }
  return sums;
}

std::vector<json> NewLines::next() {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(read_));
  std::vector<json> lines;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    read_ += line.size() + 1;
    auto parsed = json::parse(line, nullptr, false);
    if (parsed.is_object()) lines.push_back(std::move(parsed));
  }
  return lines;
}

SoakBooks::SoakBooks(SoakWorld& world)
    : world_(world), log_(world.proxy().process().out_path()), ledger_(world.ledger()) {}

MetricsPage SoakBooks::metrics() const {
  return MetricsPage(get(world_.admin(), "/metrics").body);
}

/// What is still under way or held; empty: nothing.
std::string SoakBooks::disquiet() const {
  const auto page = metrics();
  if (page.sum("holysheep_build_info") != 1) return "there are no metrics";
  std::string all;
  const auto expect_none = [&](const std::string& family, const std::string& part = {}) {
    if (const double value = page.sum(family, part); value != 0)
      all += family + part + " " + std::to_string(std::llround(value)) + "; ";
  };
  for (const char* family :
       {"holysheep_requests_in_flight", "holysheep_streams_open", "holysheep_client_connections",
        "holysheep_upstream_in_flight", "holysheep_queue_length", "holysheep_client_in_flight",
        "holysheep_memory_pressure"}) {
    expect_none(family);
  }
  expect_none("holysheep_upstream_connections", "active");
  for (const char* use : {"request_bodies", "relay", "coalescing", "compression", "queue"})
    expect_none("holysheep_memory_held_bytes", use);
  for (const auto* upstream : world_.upstreams()) {
    if (const auto in_flight = upstream->stats()["in_flight"]; in_flight != 0)
      all += "in flight upstream " + in_flight.dump() + "; ";
  }
  return all;
}

bool SoakBooks::wait_for_quiet() {
  std::string last;
  const bool quiet = eventually([&] { return (last = disquiet()).empty(); }, patience() * 2);
  if (!quiet) complain("it does not come to rest: " + last);
  return quiet;
}

void SoakBooks::complain(const std::string& what, const Account* account) {
  if (++complaints_ > 20) return;
  std::string text = what;
  if (account != nullptr && account->request != nullptr) {
    const auto& request = *account->request;
    text = request.id() + " (" + std::string(name_of(request.planned.fate)) + ", " +
           request.planned.request.target + ", " + request.client;
    for (const Header& header : request.planned.request.headers) {
      if (header.name != "Authorization") text += ", " + header.name + ": " + header.value;
    }
    text += "): " + what;
    for (const auto& line : account->log) text += "\n  log     " + line.dump();
    for (const auto& line : account->own) text += "\n  ledger  " + line.dump();
    for (const auto& line : account->retried) text += "\n  retried " + line.dump();
    for (const auto& line : account->told) text += "\n  told    " + line.dump();
  }
  ADD_FAILURE() << text;
}

void SoakBooks::add_log_line(const json& line) {
  ++logged_;
  ++statuses_[std::to_string(line.value("status", 0))];
  if (const auto code = text_in(line, "code"); !code.empty()) ++codes_[code];
  if (const auto cache = text_in(line, "cache"); !cache.empty()) ++caches_[cache];
  request_bytes_ += line.value("request_bytes", 0.0);
  response_bytes_ += line.value("response_bytes", 0.0);
  if (text_in(line, "request_id").starts_with("hog-"))
    ++hogs_[std::to_string(line.value("status", 0)) + " " + text_in(line, "code")];
  partial_ += line.value("partial", false) && line.value("status", 0) == 200;
}

void SoakBooks::read_files() {
  for (auto& line : log_.next()) {
    if (!line.contains("path")) continue;
    add_log_line(line);
    accounts_[text_in(line, "request_id")].log.push_back(std::move(line));
  }
  for (auto& line : ledger_.next()) {
    spent_ += Tokens::of(line);
    nano_ += nano_usd_of(line["cost_usd"]);
    const bool retried = line.value("retried", false);
    ++(retried ? retried_lines_ : own_lines_);
    Account& account = accounts_[text_in(line, "request_id")];
    (retried ? account.retried : account.own).push_back(std::move(line));
  }
}

void SoakBooks::read_upstreams() {
  for (const auto* upstream : world_.upstreams()) {
    for (auto& telling : upstream->told_usage()) {
      ++tellings_;
      told_ += Tokens::of(telling["told"]);
      accounts_[text_in(telling, "request_id")].told.push_back(std::move(telling));
    }
    upstream->reset();
  }
}

void SoakBooks::close_round(const std::vector<SoakRequest>& plan, const std::vector<SoakSeen>& seen) {
  accounts_.clear();
  for (std::size_t i = 0; i < plan.size(); ++i) {
    accounts_[plan[i].id()] = {.request = &plan[i], .seen = &seen[i]};
  }
  // The log and the ledger are written by threads of their own.
  const auto count_of_metrics = [&] { return metrics().sum("holysheep_requests_total"); };
  const double ended = count_of_metrics();
  const bool written = eventually([&] {
    read_files();
    return logged_ >= ended;
  });
  if (!written) complain("log lines are missing: " + std::to_string(ended - logged_));
  eventually([&] {
    read_files();
    return own_lines_ >= metrics().sum("holysheep_model_requests_total");
  });
  read_upstreams();
  for (const auto& [id, account] : accounts_) check(account);
  check_sums();
}

/// As what an upstream's answer may count: an error that begins a stream counts as the status it names.
void SoakBooks::add_told_classes(const Account& account) {
  const bool may_begin_with_error =
      account.request != nullptr && account.request->fault.find("error-event") != std::string::npos;
  for (const auto& telling : account.told) {
    ++told_classes_[class_of(telling.value("status", 0))];
    if (may_begin_with_error) ++told_errors_;
  }
}

void SoakBooks::check(const Account& account) {
  add_told_classes(account);
  if (account.request == nullptr) return;  // hogs, probes: in the sums alone
  ++asked_;
  left_ += account.seen->left;
  taken_again_ += account.seen->tries > 1;
  if (!account.seen->wrong.empty()) {
    lost_ += account.seen->status == 0;
    complain("the client: " + account.seen->wrong, &account);
  }
  check_log(account);
  check_ledger(account);
  check_attempts(account);
}

void SoakBooks::check_log(const Account& account) {
  const SoakSeen& seen = *account.seen;
  // What a reset throws away the proxy may never have read.
  const bool may_be_unread =
      account.request->manner == Manner::abandons_body && account.request->planned.resets;
  if (account.log.empty() && may_be_unread) return;
  if (account.log.size() != 1) return complain(std::to_string(account.log.size()) + " log lines", &account);
  if (seen.left) return;
  const json& line = account.log.front();
  if (line.value("status", 0) != seen.status)
    complain("the client got status " + std::to_string(seen.status), &account);
  if (!seen.code.empty() && text_in(line, "code") != seen.code)
    complain("the client got " + seen.code, &account);
  const bool whole = seen.end == BodyEnd::complete;
  if (line.value("broken", false) == whole)
    complain(whole ? "whole at the client" : "not whole at the client", &account);
  if (seen.code != "invalid_api_key" && text_in(line, "client") != account.request->client)
    complain("another client", &account);
}

void SoakBooks::check_ledger(const Account& account) {
  if (account.log.size() != 1) return;
  const json& line = account.log.front();
  const std::size_t expected = text_in(line, "code") == "invalid_api_key" ? 0 : 1;
  if (account.own.size() != expected)
    return complain(std::to_string(account.own.size()) + " lines in the ledger", &account);
  if (expected == 0) return;
  const json& own = account.own.front();
  const Tokens tokens = Tokens::of(own);
  if (tokens != Tokens::of(line)) complain("log and ledger differ", &account);
  if (own.value("status", 0) != line.value("status", 0)) complain("the ledger's status", &account);
  if (is_shared(line)) return;  // told to one of those who share it
  const auto told = [&](const auto& fits) {
    return std::ranges::any_of(account.told, [&](const json& one) { return fits(Tokens::of(one["told"])); });
  };
  const bool clean = !account.seen->left && line.value("status", 0) == 200 && !line.value("broken", false);
  if (clean && !told([&](const Tokens& all) { return tokens == all; }))
    return complain("tokens that upstream did not tell", &account);
  if (is_half_told(*account.request)) half_told_ += tokens;
  if (tokens != Tokens{} && !is_half_told(*account.request) &&
      !told([&](const Tokens& all) { return tokens.within(all); }))
    complain("more tokens than upstream told", &account);
  for (const json& retried : account.retried) {
    if (!told([&](const Tokens& all) { return Tokens::of(retried) == all; }))
      complain("a retried line that no attempt told", &account);
  }
}

/// Each attempt is one request upstream, but for those that reached nobody, and for kept connections found
/// dead, which are replaced once.
void SoakBooks::check_attempts(const Account& account) {
  if (account.log.size() != 1 || is_shared(account.log.front())) return;
  const auto attempts = account.log.front().value("attempts", 0U);
  const auto told = account.told.size();
  own_attempts_ += attempts;
  if (told < attempts) unreached_ += static_cast<double>(attempts - told);
  if (told > attempts) replaced_ += static_cast<double>(told - attempts);
  if (told > 2 * attempts) complain("upstream was asked too often", &account);
}

void SoakBooks::expect_equal(const std::string& what, double counted, double logged) {
  if (counted == logged) return;
  std::ostringstream text;
  text.precision(15);
  text << what << ": counted " << counted << ", written " << logged;
  complain(text.str());
}

void SoakBooks::expect_equal(const std::string& what, const std::map<std::string, double>& counted,
                             const std::map<std::string, double>& logged) {
  for (const auto& [key, value] : counted) {
    const auto at = logged.find(key);
    expect_equal(what + " " + key, value, at == logged.end() ? 0 : at->second);
  }
  for (const auto& [key, value] : logged) {
    if (!counted.contains(key)) expect_equal(what + " " + key, 0, value);
  }
}

void SoakBooks::check_sums() {
  const auto page = metrics();
  expect_equal("requests", page.by("holysheep_requests_total", "status"), statuses_);
  expect_equal("gateway errors", page.by("holysheep_gateway_errors_total", "code"), codes_);
  expect_equal("cache", page.by("holysheep_cache_requests_total", "result"), caches_);
  expect_equal("partial answers", page.sum("holysheep_partial_answers_total"), partial_);
  expect_equal("bytes of requests", page.sum("holysheep_request_body_bytes_total"), request_bytes_);
  expect_equal("bytes of answers", page.sum("holysheep_response_body_bytes_total"), response_bytes_);
  expect_equal("log lines dropped", page.sum("holysheep_log_lines_dropped_total"), 0);
  expect_equal("usage records dropped", page.sum("holysheep_usage_records_dropped_total"), 0);
  expect_equal("requests let in", page.sum("holysheep_model_requests_total"), own_lines_);

  const json totals = json::parse(get(world_.admin(), "/usage").body)["totals"];
  expect_equal("/usage: requests", totals.value("requests", 0.0), own_lines_);
  if (Tokens::of(totals) != spent_) complain("/usage: " + totals.dump() + ", the ledger: " + spent_.text());
  // Each of its sums is rounded for itself.
  if (std::abs(nano_usd_of(totals["cost_usd"]) - nano_) > 5'000'000)
    complain("/usage: " + totals["cost_usd"].dump() + " dollars, the ledger: " + std::to_string(nano_) +
             "e-9");
  const auto tokens = [&](const std::string& kind) {
    return page.sum("holysheep_" + kind + "_tokens_total");
  };
  expect_equal("tokens in", tokens("input"), static_cast<double>(spent_.input));
  expect_equal("tokens cached", tokens("cached_input"), static_cast<double>(spent_.cached));
  expect_equal("tokens out", tokens("output"), static_cast<double>(spent_.output));
  expect_equal("tokens of reasoning", tokens("reasoning"), static_cast<double>(spent_.reasoning));
  Tokens most = told_;
  most += half_told_;
  if (!spent_.within(most)) complain("spent " + spent_.text() + ", told " + told_.text());
  check_attempt_sums(page);
}

void SoakBooks::check_attempt_sums(const MetricsPage& page) {
  const auto outcomes = page.by("holysheep_upstream_attempts_total", "outcome");
  double answered = 0;
  double all = 0;
  for (const auto& [outcome, count] : outcomes) {
    all += count;
    const bool is_status = outcome == "429" || outcome.ends_with("xx");
    if (!is_status) continue;
    answered += count;
    const double named = outcome == "5xx" || outcome == "429" ? told_errors_ : 0;
    if (outcome != "1xx" && count > told_classes_[outcome] + named)
      complain("answers of " + outcome + ": counted " + std::to_string(count) + ", upstream gave " +
               std::to_string(told_classes_[outcome]));
  }
  if (own_attempts_ > all)
    complain("attempts: logged " + std::to_string(own_attempts_) + ", counted " + std::to_string(all));
  if (unreached_ > all - answered)
    complain("attempts that reached nobody: " + std::to_string(unreached_) + ", counted " +
             std::to_string(all - answered));
}

std::string SoakBooks::text() const {
  std::ostringstream out;
  out.precision(12);
  out << asked_ << " requests asked, " << lost_ << " lost, " << left_ << " left, " << taken_again_
      << " asked again on a new connection\nlog lines " << logged_ << ", ledger lines " << own_lines_
      << " and " << retried_lines_ << " retried; tokens " << spent_.text() << "\nupstream answered "
      << tellings_ << ", attempts of unshared requests " << own_attempts_ << ", that reached nobody "
      << unreached_ << ", replaced " << replaced_;
  const auto row = [&](const char* name, const std::map<std::string, double>& counts) {
    out << "\n" << name << ":";
    for (const auto& [key, count] : counts) out << " " << key << " " << count;
  };
  row("statuses", statuses_);
  row("codes", codes_);
  row("cache", caches_);
  row("hogs", hogs_);
  return out.str();
}

}  // namespace holysheep::testing
